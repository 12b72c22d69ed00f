import { createMessageBus, defineEvent, sessionId, SessionEndEvent, typeOnly } from '@llmgine/core';
import { createRecordedSignals } from '@llmgine/testing';
import { compositeFilter, eventTypeFilter, rateLimitFilter, sessionFilter } from '@llmgine/filters';
import { describe, expect, it } from 'vitest';

const Said = defineEvent('chat.said', { data: typeOnly<void>() });
const Heard = defineEvent('chat.heard', { data: typeOnly<void>() });

describe('filters on the bus (7)', () => {
  it('are named in the receipt of what they refuse, and taken off by disposing', async () => {
    await using bus = createMessageBus();
    await bus.start();
    const filtering = bus.addEventFilter(eventTypeFilter({ include: [Said] }));

    expect(await bus.publish(Heard())).toEqual({ status: 'filtered', filter: 'eventType' });
    filtering[Symbol.dispose]();

    expect(await bus.publish(Heard())).toMatchObject({ status: 'processed' });
  });

  it('let the end of a session through that they would refuse', async () => {
    await using bus = createMessageBus();
    await bus.start();
    bus.addEventFilter(
      compositeFilter([
        sessionFilter({ include: [sessionId('other')] }),
        rateLimitFilter({ maxPerSecond: 0.001 }),
      ]),
    );
    let ended = 0;
    bus.registerEventHandler(SessionEndEvent, () => void ended++);

    for (let count = 0; count < 3; count++) await (await bus.session()).end();

    expect(ended).toBe(3);
  });

  it('refuse nothing when they throw, and are reported', async () => {
    await using bus = createMessageBus();
    const recorded = createRecordedSignals();
    bus.addObserver(recorded);
    await bus.start();
    const broken = {
      name: 'broken',
      accepts: (): boolean => {
        throw new Error('broken');
      },
    };
    bus.addEventFilter(compositeFilter([broken, eventTypeFilter({ include: [Said] })]));

    expect(await bus.publish(Said())).toMatchObject({ status: 'processed' });
    expect(await bus.publish(Heard())).toMatchObject({ status: 'filtered' });
    expect(recorded.of('filter.failed')).toMatchObject([{ error: { message: 'broken' } }]);
  });
});
