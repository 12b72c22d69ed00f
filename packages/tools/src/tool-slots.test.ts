import { getEventListeners } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { defineTool } from './define-tool.ts';
import { createToolManager } from './tool-manager.ts';
import { createToolSlots } from './tool-slots.ts';

describe('createToolSlots', () => {
  it('leaves nothing on the signal of a run that waited and got its slot', async () => {
    const slots = createToolSlots(1);
    const { signal } = new AbortController();
    void slots.take(undefined);

    const taking = slots.take(signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    slots.free();

    expect(await taking).toBe(true);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('frees no second slot when a run is aborted that had to wait for its own', async () => {
    const slots = createToolSlots(1);
    const controller = new AbortController();
    void slots.take(undefined);
    const taking = slots.take(controller.signal);
    slots.free();
    await taking;

    controller.abort();

    expect(slots.take(undefined)).toBeInstanceOf(Promise);
  });
});

describe('13.2 createToolManager', () => {
  it('has work that a tool left behind wait for a slot like any other', async () => {
    const log: string[] = [];
    const gate = Promise.withResolvers<void>();
    const blocked = Promise.withResolvers<void>();
    const manager = createToolManager({ environment: {}, maxConcurrency: 1 });
    const add = (name: string, execute: () => unknown) =>
      manager.registerTool(defineTool({ name, description: name, input: {}, execute }));
    let left: Promise<unknown> | undefined;
    add('inner', () => void log.push('inner'));
    add('block', () => blocked.promise.then(() => void log.push('block ends')));
    add('leave', () => {
      left = gate.promise.then(() => manager.executeToolCall({ id: 'i', name: 'inner' }));
    });
    await manager.executeToolCall({ id: 'l', name: 'leave' });
    const blocking = manager.executeToolCall({ id: 'b', name: 'block' });

    gate.resolve();
    await turn();
    blocked.resolve();
    await Promise.all([blocking, left]);

    expect(log).toEqual(['block ends', 'inner']);
  });
});
