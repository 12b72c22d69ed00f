#!/usr/bin/env node
import { CommanderError } from 'commander';
import { parseArguments, type Arguments } from './arguments.ts';
import { ExitCode } from './exit-code.ts';

process.exitCode = await main(process.argv.slice(2));

/** What is heavy is loaded after the command line is known to be right, so that help comes at once. */
async function main(argv: readonly string[]): Promise<number> {
  let options: Arguments;
  try {
    options = parseArguments(argv);
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown;
    return thrown.exitCode === 0 ? ExitCode.answered : ExitCode.usage;
  }
  const { runChat } = await import('./run-chat.ts');
  return runChat(options);
}
