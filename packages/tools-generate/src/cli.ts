#!/usr/bin/env node
import { runCommandLine } from './command-line.ts';

process.exitCode = runCommandLine(process.argv.slice(2), {
  out: (text) => process.stdout.write(text),
  error: (text) => process.stderr.write(text),
});
