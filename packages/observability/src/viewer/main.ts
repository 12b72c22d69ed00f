#!/usr/bin/env node
import { once } from 'node:events';
import { systemClock } from '@llmgine/core';
import { runViewer } from './viewer.ts';

const { stdout, stderr } = process;
// `llmgine-log | head` ends quietly.
stdout.on('error', () => process.exit(0));

process.exitCode = await runViewer(process.argv.slice(2), {
  clock: systemClock,
  stdin: process.stdin,
  async write(text) {
    if (!stdout.write(text)) await once(stdout, 'drain');
  },
  complain: (text) => void stderr.write(text),
  isTerminal: stdout.isTTY,
  columns: stdout.isTTY ? stdout.columns : undefined,
  environment: process.env,
  offsetMinutes: (epochMs) => -new Date(epochMs).getTimezoneOffset(),
});
