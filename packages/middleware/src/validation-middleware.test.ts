import { defineCommand, InvalidOptionsError, succeeded, type CommandMessage } from '@llmgine/core';
import { describe, expect, it, vi } from 'vitest';
import {
  aCommandCall,
  Add,
  Added,
  anEventCall,
  aroundCommand,
  aroundEvent,
} from '../test/calls.ts';
import { ValidationFailedError } from './errors.ts';
import { validationMiddleware } from './validation-middleware.ts';

const done = () => Promise.resolve(succeeded(1, 'x'));

function altered(changes: Partial<CommandMessage>) {
  return aCommandCall({ command: { ...Add({ n: 1 }), ...changes } });
}

describe('validationMiddleware (8)', () => {
  it('lets valid messages through', async () => {
    const validation = validationMiddleware();

    expect(await aroundCommand(validation, aCommandCall(), done)).toMatchObject({ success: true });
    await expect(
      aroundEvent(validation, anEventCall(), () => Promise.resolve()),
    ).resolves.toBeUndefined();
  });

  it('refuses data that does not fit the definition, without calling the handler', async () => {
    const next = vi.fn<typeof done>(done);

    const result = await aroundCommand(
      validationMiddleware(),
      altered({ data: { n: 'one' } }),
      next,
    );

    expect(next).not.toHaveBeenCalled();
    expect(result).toMatchObject({
      success: false,
      error: { issues: [{ path: 'data.n', message: 'expected a number' }] },
    });
  });

  it('refuses an event by throwing, which its receipt then shows', async () => {
    const event = { ...Added({ n: 1 }), data: {} };

    await expect(
      aroundEvent(validationMiddleware(), anEventCall(event), () => Promise.resolve()),
    ).rejects.toThrowError(ValidationFailedError);
  });

  it('refuses an empty session id or message id, all problems at once', async () => {
    const result = await aroundCommand(
      validationMiddleware(),
      altered({ id: '', sessionId: '' as never, data: {} }),
      done,
    );

    expect(result).toMatchObject({
      error: { issues: [{ path: 'id' }, { path: 'sessionId' }, { path: 'data.n' }] },
    });
  });

  it('does not look at the session id when told not to', async () => {
    const validation = validationMiddleware({ sessionId: false });

    expect(
      await aroundCommand(validation, altered({ sessionId: '' as never }), done),
    ).toMatchObject({
      success: true,
    });
  });

  it('refuses when the schema throws or is asynchronous', async () => {
    const schema = (validate: () => never) => ({
      '~standard': { version: 1 as const, vendor: 'test', validate },
    });
    const throwing = defineCommand('t', {
      data: schema(() => {
        throw new Error('broken schema');
      }),
    });
    const slow = defineCommand('s', { data: schema((async () => ({ issues: [] })) as never) });
    const command = Add({ n: 1 });

    for (const definition of [throwing, slow]) {
      expect(
        await aroundCommand(validationMiddleware(), aCommandCall({ definition, command }), done),
      ).toMatchObject({ success: false, error: { name: 'ValidationFailedError' } });
    }
  });

  it('refuses options of the wrong type', () => {
    expect(() => validationMiddleware({ sessionId: 'yes' as never })).toThrowError(
      InvalidOptionsError,
    );
  });
});
