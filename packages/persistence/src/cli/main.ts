#!/usr/bin/env node
import { runDatabaseCommand } from './run-database-command.ts';

void runDatabaseCommand(process.argv.slice(2), {
  environment: process.env,
  write: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
}).then((code) => {
  process.exitCode = code;
});
