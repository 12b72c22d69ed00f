#!/usr/bin/env node
import { enableCompileCache } from 'node:module';
import { CommanderError } from 'commander';
import { parseArguments, type Arguments } from './arguments.ts';
import { ExitCode } from './exit-code.ts';

// From the second start on, what is loaded below need not be compiled. Where that cannot be kept, nothing changes.
enableCompileCache();
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', quietOnClosedPipe);
process.stderr.on('error', quietOnClosedPipe);
process.exitCode = await main(process.argv.slice(2));

/** What is heavy is loaded after the command line is known to be right, so that help comes at once. */
async function main(argv: readonly string[]): Promise<number> {
  let options: Arguments;
  try {
    options = parseArguments(argv);
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    if (thrown.exitCode === 0) return ExitCode.answered;
    tellUsage(argv, thrown.message);
    return ExitCode.usage;
  }
  const { runChat } = await import('./run-chat.ts');
  return runChat(options);
}

/** Scripts that read JSON get a result even when the command line is wrong. */
function tellUsage(argv: readonly string[], message: string): void {
  const text = argv.join(' ');
  if (!/--output[ =]jsonl?\b/.test(text)) return;
  const error = { code: 'USAGE', message: message.replace(/^error: /, '') };
  const result = {
    type: 'result',
    success: false,
    exitCode: ExitCode.usage,
    stopReason: 'error',
    text: '',
    error,
  };
  if (/--output[ =]jsonl\b/.test(text)) console.log(JSON.stringify({ type: 'init' }));
  console.log(JSON.stringify(result));
}

function quietOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(ExitCode.answered);
}
