import { describe, expect, it } from 'vitest';
import { BUS_SCOPE, type EventPublisher } from '@llmgine/core';
import { createFakeClock } from '@llmgine/testing';
import { defineTool } from './define-tool.ts';
import { createPendingApprovals } from './pending-approvals.ts';
import { createToolManager } from './tool-manager.ts';

describe('13.9 createPendingApprovals', () => {
  it('binds an answer with an approvalId to its own question', async () => {
    const ids = ['q1', 'q2'];
    const approvals = createPendingApprovals(createFakeClock(), () => ids.shift()!);
    const decided: string[] = [];
    const ask = (label: string) =>
      approvals
        .ask({
          toolCallId: 'shared',
          sessionId: BUS_SCOPE,
          expiresInMs: Infinity,
          signal: undefined,
          announce: () => {},
          cancelled: () => new Error('cancelled'),
        })
        .then(({ decision }) => decided.push(`${label} ${decision}`));
    const [first, second] = [ask('first'), ask('second')];
    const answer = { toolCallId: 'shared', decision: 'allow' } as const;

    expect(approvals.answer({ ...answer, approvalId: 'other' }, undefined)).toBe(false);
    expect(approvals.answer({ ...answer, approvalId: 'q2' }, undefined)).toBe(true);
    await second;
    expect(decided).toEqual(['second allow']);
    expect(approvals.answer({ ...answer, decision: 'deny' }, undefined)).toBe(true);
    await first;

    expect(decided).toEqual(['second allow', 'first deny']);
  });
});

describe('13.9 approval', () => {
  it('runs what was asked about, whatever is done to the event that asks', async () => {
    const asked = Promise.withResolvers<void>();
    const publisher: EventPublisher = {
      publish: async ({ type, data }) => {
        if (type !== 'tool.approval.requested') return { status: 'queued' };
        asked.resolve();
        (data as { toolArgs: { list: string[] } }).toolArgs.list.push('/etc');
        return { status: 'queued' };
      },
    };
    const manager = createToolManager({ environment: {}, publisher });
    manager.registerTool(
      defineTool({
        name: 'remove',
        description: 'Removes.',
        input: { type: 'object' },
        approval: 'ask',
        execute: (args) => args,
      }),
    );

    const result = manager.executeToolCall({
      id: '1',
      name: 'remove',
      arguments: '{"list":["/tmp/a"]}',
    });
    await asked.promise;
    manager.answerApproval({ toolCallId: '1', decision: 'allow' });

    expect((await result).value).toEqual({ list: ['/tmp/a'] });
  });
});
