import { existsSync } from 'node:fs';
import { run } from './lib/run.ts';
import { clearOutput } from './lib/clear-output.ts';

const APP = '@llmgine/tool-chat-headless';
const PROMPT = 'What is the weather in Paris, and what is 17 * 23?';

const prompt = process.argv.slice(2).join(' ') || PROMPT;
process.exitCode = (await build()) || (await chat());

async function build(): Promise<number> {
  if (!existsSync('apps/tool-chat-headless/package.json')) {
    console.error('apps/tool-chat-headless does not exist yet.');
    return 1;
  }
  console.log(`Building ${APP} with Node.js ${process.versions.node} …`);
  clearOutput(process.cwd());
  const args = ['run', 'build', `--filter=${APP}...`, '--output-logs=errors-only'];
  const { code, output } = await run('turbo', args, { quiet: true });
  if (code !== 0) console.error(output);
  return code;
}

async function chat(): Promise<number> {
  console.log(`Asking: ${prompt}\n`);
  return (await run('pnpm', ['--silent', '--filter', APP, 'start', prompt])).code;
}
