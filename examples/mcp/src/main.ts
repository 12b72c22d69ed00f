import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { createToolManager } from '@llmgine/tools';
import { connectMcpTools } from '@llmgine/tools/mcp';

const everything = fileURLToPath(
  import.meta.resolve('@modelcontextprotocol/server-everything/dist/index.js'),
);

const manager = createToolManager();
await using mcp = await connectMcpTools(manager, {
  servers: {
    everything: {
      command: process.execPath,
      args: [everything, 'stdio'],
      effects: { echo: 'read', 'get-sum': 'read' },
    },
    // One that cannot be started keeps nobody from working.
    missing: { command: 'no-such-program-at-all' },
  },
  onProblem: ({ server, message }) => console.log(`problem with ${server}: ${message}`),
});

for (const { name, state, tools } of mcp.servers)
  console.log(`${name}: ${state}, ${tools.length} tools`);

const results = await manager.executeToolCalls([
  { id: '1', name: 'everything__echo', arguments: '{"message":"hello"}' },
  { id: '2', name: 'everything__get-sum', arguments: '{"a":"2","b":3}' },
  { id: '3', name: 'everything__get-sum', arguments: '{"a":"two","b":3}' },
]);
for (const { content } of results) console.log(content);

assert.deepEqual(
  mcp.servers.map(({ state }) => state),
  ['connected', 'reconnecting'],
);
assert.deepEqual(
  results.map(({ status }) => status),
  ['ok', 'ok', 'error'],
);
assert.equal(results[0]?.content, 'Echo: hello');
