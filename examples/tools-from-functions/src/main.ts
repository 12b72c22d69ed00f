import assert from 'node:assert/strict';
import { createMessageBus } from '@llmgine/core';
import {
  attachTools,
  createToolManager,
  ToolApprovalCommand,
  ToolApprovalRequestedEvent,
  ToolExecuteResultEvent,
} from '@llmgine/tools';
import { tools } from './functions.tools.ts';

const manager = createToolManager({
  approval: ({ effect }) => ({ decision: effect === 'read' ? 'allow' : 'ask' }),
});
for (const tool of tools) manager.registerTool(tool);

await using bus = createMessageBus();
await bus.start();
await using session = await bus.session();
attachTools(session, manager);

// Whoever is asked may be a person at a terminal; here it is a rule.
session.registerEventHandler(ToolApprovalRequestedEvent, async ({ data }, context) => {
  console.log(`May ${data.toolName} run with ${JSON.stringify(data.toolArgs)}?`);
  await context.execute(ToolApprovalCommand({ toolCallId: data.toolCallId, decision: 'allow' }));
});
session.registerEventHandler(ToolExecuteResultEvent, ({ data }) => {
  console.log(`${data.toolName}: ${data.status} (${data.repairs.join(', ') || 'nothing mended'})`);
});

// What models send: single quotes, numbers as text, a name that does not exist.
const results = await manager.executeToolCalls([
  { id: '1', name: 'get_weather', arguments: "{city: 'Kyoto', day: '2026-05-01T00:00:00Z'}" },
  { id: '2', name: 'book_table', arguments: '{"restaurant":"Chez Nous","guests":"4"}' },
  { id: '3', name: 'getWeather', arguments: '{"city":"Kyoto"}' },
]);
await bus.waitForEvents();

assert.deepEqual(
  manager.parseToolsToList().map((tool) => tool.function.name),
  ['get_weather', 'book_table'],
);
assert.deepEqual(
  results.map(({ status, content }) => [status, content]),
  [
    ['ok', 'The weather in Kyoto on 2026-05-01 is sunny and 22 °C.'],
    ['ok', '{"booked":true,"text":"4 at Chez Nous"}'],
    ['unknown', "There is no tool 'getWeather'. Did you mean 'get_weather'?"],
  ],
);
