import { describe, expect, it } from 'vitest';
import { deny } from './approval.ts';
import { defineTool } from './define-tool.ts';
import type { ImminentRun, ToolCallOptions } from './tool-call.ts';
import { createToolManager } from './tool-manager.ts';
import { jsonSchema } from './tool-schema.ts';

type BeforeRun = NonNullable<ToolCallOptions['beforeRun']>;

async function call(beforeRun: BeforeRun, order: string[] = [], refused = false) {
  const tools = createToolManager();
  tools.registerTool(
    defineTool({
      name: 'pay',
      description: 'Pays.',
      input: jsonSchema<{ amount: number }>({
        type: 'object',
        properties: { amount: { type: 'number' } },
      }),
      ...(refused && { approval: () => deny('no') }),
      execute: () => void order.push('ran'),
    }),
  );
  const asked = { id: '1', name: 'pay', arguments: { amount: '3' }, idempotencyKey: 'key' };
  return tools.executeToolCall(asked, { beforeRun });
}

describe('beforeRun', () => {
  it('is awaited before the tool begins, and told what is about to run', async () => {
    const order: (string | ImminentRun)[] = [];

    await call(async (run) => {
      await Promise.resolve();
      order.push(run);
    }, order as string[]);

    expect(order).toEqual([
      { toolName: 'pay', args: { amount: 3 }, effect: 'once', idempotencyKey: 'key' },
      'ran',
    ]);
  });

  it('keeps the tool from beginning when it fails', async () => {
    const order: string[] = [];

    const { status } = await call(() => Promise.reject(new Error('disk full')), order);

    expect(status).toBe('error');
    expect(order).toEqual([]);
  });

  it('is not called for a call that is not allowed', async () => {
    const order: string[] = [];

    await call(() => void order.push('announced'), order, true);

    expect(order).toEqual([]);
  });
});
