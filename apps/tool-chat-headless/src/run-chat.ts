import { createMessageBus, sessionId } from '@llmgine/core';
import { systemClock } from '@llmgine/core/timing';
import { createToolChatEngine, ToolChatEngineCommand } from '@llmgine/engine';
import { createToolManager } from '@llmgine/tools';
import type { Arguments } from './arguments.ts';
import { openModel } from './chat-model.ts';
import { readEnvironment } from './environment.ts';
import { ExitCode, exitCodeOf } from './exit-code.ts';
import { createSpinner } from './output/spinner.ts';
import { createTextOutput } from './output/text-output.ts';
import { showEvents } from './show-events.ts';
import { calculate } from './tools/calculate.ts';
import { getWeather } from './tools/get-weather.ts';
import { searchWeb } from './tools/search-web.ts';

/** Runs the program and gives its exit code. */
export async function runChat(options: Arguments): Promise<number> {
  const environment = readEnvironment(process.env);
  const streams = { stdout: process.stdout, stderr: process.stderr };
  const spinner = createSpinner({ sink: process.stderr, clock: systemClock });
  const output = createTextOutput({
    streams,
    spinner,
    color: environment.color && process.stderr.isTTY,
  });
  await using opened = await openModel({ options, environment });
  if (opened.notice) output.notice(opened.notice);

  await using bus = createMessageBus();
  await bus.start();
  await using session = await bus.session(sessionId('chat'));
  const tools = createToolManager({ publisher: session });
  for (const tool of [calculate, getWeather, searchWeb]) tools.registerTool(tool);
  showEvents(session, output);
  createToolChatEngine({ bus: session, model: opened.model, tools });

  const result = await session.execute(ToolChatEngineCommand({ prompt: options.prompt ?? '' }));
  await bus.waitForEvents();
  if (!result.success) {
    output.end({
      sessionId: 'chat',
      exitCode: 1,
      error: { message: result.error.message, code: '' },
    });
    return ExitCode.failed;
  }
  const exitCode = exitCodeOf(result.result.stopReason);
  output.turn({ sessionId: 'chat', exitCode, result: result.result });
  return exitCode;
}
