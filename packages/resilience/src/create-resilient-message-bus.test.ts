import {
  CommandTimeoutError,
  createSignalHub,
  defineCommand,
  defineEvent,
  fail,
  InvalidMessageError,
  NestedRetryError,
  sessionId,
  typeOnly,
  type CommandMiddleware,
} from '@llmgine/core';
import { sleep } from '@llmgine/core/timing';
import { createFakeClock, createRecordedSignals } from '@llmgine/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createResilientMessageBus } from './create-resilient-message-bus.ts';
import { DeadLetterCommandEvent } from './dead-letter/dead-letter-command-event.ts';
import type { ResilientMessageBusOptions } from './resilient-message-bus.ts';

const Ask = defineCommand('ask', {
  data: typeOnly<{ text: string }>(),
  result: typeOnly<string>(),
});
const Charge = defineCommand('charge', { data: typeOnly<void>(), retry: false });
const Happened = defineEvent('happened', { data: typeOnly<{ n: number }>() });

async function create(options: ResilientMessageBusOptions = {}) {
  const clock = createFakeClock();
  const signals = createSignalHub({ clock });
  const recorded = createRecordedSignals();
  const { retry, ...rest } = options;
  const bus = createResilientMessageBus({
    retry: { jitter: 'none', ...retry },
    ...rest,
    clock,
    signals,
  });
  bus.addObserver(recorded);
  await bus.start();
  onTestFinished(async () => {
    const stopping = bus.stop({ deadlineMs: 0 });
    await clock.advanceAsync(1);
    await stopping;
  });
  /** Lets time pass until the promise has settled. */
  const settle = async <T>(promise: Promise<T>, durationMs = 10_000_000): Promise<T> => {
    await clock.advanceAsync(durationMs);
    return promise;
  };
  return { bus, clock, recorded, settle };
}

type Bus = Awaited<ReturnType<typeof create>>['bus'];

/** Fails as often as there are errors, then answers. */
function failing(bus: Bus, ...errors: readonly Error[]) {
  const attempts: number[] = [];
  let next = 0;
  bus.registerCommandHandler(Ask, (command, context) => {
    attempts.push(context.attempt);
    const error = errors[next++];
    if (error) throw error;
    return `answer to ${command.data.text}`;
  });
  return attempts;
}

const down = new Error('down');
const always = Array.from({ length: 100 }, () => down);

describe('createResilientMessageBus: retry (9.1)', () => {
  it('tries again until it succeeds, and reports each retry', async () => {
    const { bus, settle, recorded } = await create();
    const attempts = failing(bus, down, down);

    const result = await settle(bus.execute(Ask({ text: 'a' })));

    expect(result).toMatchObject({ success: true, result: 'answer to a' });
    expect(attempts).toEqual([1, 2, 3]);
    expect(recorded.of('command.retried')).toMatchObject([
      { attempt: 1, delayMs: 100, error: down },
      { attempt: 2, delayMs: 200 },
    ]);
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });

  it("gives the handler's own error after the third retry, and keeps a dead letter", async () => {
    const { bus, settle, recorded, clock } = await create();
    const startedAt = clock.now();
    const attempts = failing(bus, ...always);
    const command = Ask({ text: 'a' });

    const result = await settle(bus.execute(command));

    expect(result).toMatchObject({ success: false, error: down, commandId: command.id });
    expect(attempts).toHaveLength(4);
    expect(await bus.getDeadLetterEntries()).toMatchObject([
      {
        id: command.id,
        attempts: 4,
        reason: 'exhausted',
        firstAttemptAt: startedAt,
        lastAttemptAt: startedAt + 700,
        redrives: 0,
        status: 'waiting',
        error: { message: 'down' },
        message: { correlationId: command.correlationId },
      },
    ]);
    expect(recorded.of('command.dead-lettered')).toMatchObject([{ deadLetters: 1, error: down }]);
  });

  it('never retries invalid data or a missing handler, nor keeps them as dead letters', async () => {
    const { bus, settle } = await create();
    const attempts = failing(bus, new InvalidMessageError('event', 'x', []));

    await settle(bus.execute(Ask({ text: 'a' })));
    const missing = await settle(bus.execute(Charge()));

    expect(attempts).toEqual([1]);
    expect(missing).toMatchObject({ error: { code: 'LLMGINE_NO_COMMAND_HANDLER' } });
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });

  it('does per error what the first row of the policy table says', async () => {
    class Quota extends Error {}
    class Gone extends Error {}
    class Busy extends Error {}
    const retry = {
      policies: [
        { when: Quota, then: 'deadLetter' },
        { when: 'E_GONE', then: 'fail' },
        { when: Gone, then: 'fail' },
        {
          when: (error: Error) => error instanceof Busy,
          then: 'retryAfter',
          retryAfterMs: 5_000,
          maxRetries: 1,
        },
      ],
    } as const;
    const run = async (...errors: Error[]) => {
      const { bus, settle, recorded } = await create({ retry });
      const attempts = failing(bus, ...errors);
      await settle(bus.execute(Ask({ text: 'a' })));
      const reasons = (await bus.getDeadLetterEntries()).map(({ reason }) => reason);
      const delays = recorded.of('command.retried').map(({ delayMs }) => delayMs);
      return [attempts.length, reasons, delays];
    };

    expect(await run(new Quota())).toEqual([1, ['policy'], []]);
    expect(await run(new Gone())).toEqual([1, [], []]);
    expect(await run(Object.assign(new Error(), { code: 'E_GONE' }))).toEqual([1, [], []]);
    expect(await run(new Busy(), new Busy())).toEqual([2, ['exhausted'], [5_000]]);
  });

  it('lets a row whose question throws match nothing, and reports it', async () => {
    const when = () => {
      throw new Error('broken');
    };
    const { bus, settle, recorded } = await create({
      retry: { policies: [{ when, then: 'fail' }] },
    });
    const attempts = failing(bus, down);

    await settle(bus.execute(Ask({ text: 'a' })));

    expect(attempts).toHaveLength(2);
    expect(recorded.of('callback.failed')).toMatchObject([{ callback: 'policies.when' }]);
  });

  it('waits as long as retryAfterMs says, whatever its length, when there is time', async () => {
    const { bus, settle, recorded } = await create();
    failing(bus, Object.assign(new Error('busy'), { retryAfterMs: 3_600_000 }));

    expect(await settle(bus.execute(Ask({ text: 'a' })))).toMatchObject({ success: true });
    expect(recorded.of('command.retried')).toMatchObject([{ delayMs: 3_600_000 }]);
  });

  it('fails at once and says until when, where retryAfterMs is beyond the deadline', async () => {
    const { bus, clock } = await create({ retry: { timeoutMs: 1_000 } });
    const busy = Object.assign(new Error('busy'), { retryAfterMs: 60_000 });
    const attempts = failing(bus, busy);
    const retryAt = clock.now() + 60_000;

    const result = await bus.execute(Ask({ text: 'a' }));

    expect(result).toMatchObject({ error: { code: 'LLMGINE_RETRY_LATER', retryAt, cause: busy } });
    expect(attempts).toEqual([1]);
    expect(await bus.getDeadLetterEntries()).toMatchObject([{ reason: 'deadline' }]);
  });

  it("fails at once and says until when, also where the caller's deadline is earlier", async () => {
    const { bus, clock } = await create();
    failing(bus, Object.assign(new Error('busy'), { retryAfterMs: 60_000 }));
    const startedAt = clock.now();

    const result = await bus.execute(Ask({ text: 'a' }), { timeoutMs: 5_000 });

    expect(result).toMatchObject({ error: { code: 'LLMGINE_RETRY_LATER' } });
    expect(clock.now()).toBe(startedAt);
  });

  it('gives up on one attempt at attemptTimeoutMs, aborts its signal only, and tries again', async () => {
    const { bus, settle, recorded } = await create({ retry: { attemptTimeoutMs: 500 } });
    const signals: AbortSignal[] = [];
    bus.registerCommandHandler(Ask, (_, context) => {
      signals.push(context.signal);
      return context.attempt === 1 ? new Promise<string>(() => {}) : 'late but fine';
    });

    const result = await settle(bus.execute(Ask({ text: 'a' })));

    expect(result).toMatchObject({ success: true, result: 'late but fine' });
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    expect(recorded.of('handler.finished').map(({ outcome }) => outcome)).toEqual([
      'timed-out',
      'succeeded',
    ]);
  });

  it('covers all attempts with timeoutMs, keeps the last error as the cause, and the command as a dead letter', async () => {
    const { bus, settle } = await create({ retry: { timeoutMs: 250, maxRetries: 10 } });
    failing(bus, ...always);

    const result = await settle(bus.execute(Ask({ text: 'a' })));

    expect(result).toMatchObject({ error: { code: 'LLMGINE_COMMAND_TIMEOUT', cause: down } });
    expect(await bus.getDeadLetterEntries()).toMatchObject([{ attempts: 2, reason: 'deadline' }]);
  });

  it("keeps what the caller's deadline cut off, but not what the caller cancelled", async () => {
    const { bus, clock, settle } = await create({ retry: { initialDelayMs: 1_000 } });
    failing(bus, ...always);
    const aborting = new AbortController();

    const late = bus.execute(Ask({ text: 'late' }), { timeoutMs: 300 });
    const cancelled = bus.execute(Ask({ text: 'cancelled' }), { signal: aborting.signal });
    await clock.advanceAsync(400);
    aborting.abort();
    await settle(Promise.all([late, cancelled]));

    expect(await late).toMatchObject({ error: { code: 'LLMGINE_COMMAND_TIMEOUT', cause: down } });
    expect(await cancelled).toMatchObject({
      error: { code: 'LLMGINE_COMMAND_CANCELLED', cause: down },
    });
    expect(await bus.getDeadLetterEntries()).toMatchObject([
      { reason: 'deadline', message: { data: { text: 'late' } } },
    ]);
  });

  it('keeps what a stop cut off', async () => {
    const { bus, clock } = await create({ retry: { initialDelayMs: 60_000 } });
    failing(bus, ...always);

    const result = bus.execute(Ask({ text: 'a' }));
    await clock.advanceAsync(10);
    const stopping = bus.stop({ deadlineMs: 100 });
    await clock.advanceAsync(100);
    await stopping;

    expect(await result).toMatchObject({ success: false });
    expect(await bus.getDeadLetterEntries()).toMatchObject([{ reason: 'stopped', attempts: 1 }]);
  });

  it.each([
    ['waits for what a stop cut off to be stored', 500, 600, 1],
    ['waits no longer than a second for that', 60_000, 1_100, 0],
  ])('%s', async (_, storingMs, stoppedAfterMs, stored) => {
    const { createMemoryDeadLetterStore } = await import('@llmgine/core/stores');
    const clock = createFakeClock();
    const memory = createMemoryDeadLetterStore({ clock });
    const deadLetterStore = {
      ...memory,
      async add(entry: Parameters<typeof memory.add>[0]) {
        await sleep(storingMs, { clock });
        await memory.add(entry);
      },
    };
    const bus = createResilientMessageBus({
      clock,
      deadLetterStore,
      retry: { initialDelayMs: 60_000 },
    });
    failing(bus, ...always);
    await bus.start();
    void bus.execute(Ask({ text: 'a' }));
    await clock.advanceAsync(10);
    const startedAt = clock.monotonic();

    const stopping = bus
      .stop({ deadlineMs: 100 })
      .then(async () => [clock.monotonic() - startedAt, await memory.count()]);
    await clock.advanceAsync(5_000);

    expect(await stopping).toEqual([stoppedAfterMs, stored]);
  });

  it('stops retry storms: beyond the floor, retries are a share of recent calls', async () => {
    const { bus, settle, recorded } = await create({
      retry: { maxRetries: 10, initialDelayMs: 0, budget: { ratio: 0.2, minPerSecond: 1 } },
      circuitBreaker: false,
    });
    bus.registerCommandHandler(Ask, () => fail(down));

    await settle(
      Promise.all(Array.from({ length: 100 }, () => bus.execute(Ask({ text: 'a' })))),
      0,
    );

    expect(recorded.of('command.retried')).toHaveLength(20);
  });

  it('never tries a command again whose definition says retry: false, and keeps it to be looked at', async () => {
    const { bus, settle } = await create();
    let calls = 0;
    bus.registerCommandHandler(Charge, () => {
      calls++;
      throw down;
    });
    const command = Charge();

    await settle(bus.execute(command));
    await expect(bus.retryDeadLetterEntry(command.id)).rejects.toMatchObject({
      code: 'LLMGINE_DEAD_LETTER_RETRY',
    });

    expect(calls).toBe(1);
    expect(await bus.getDeadLetterEntries()).toMatchObject([
      { reason: 'policy', status: 'waiting' },
    ]);
  });

  it('refuses middleware that repeats beside it', async () => {
    const { bus } = await create();
    const repeating: CommandMiddleware = {
      name: 'again',
      repeats: true,
      aroundCommand: (_, next) => next(),
    };

    expect(() => bus.addCommandMiddleware(repeating)).toThrowError(NestedRetryError);
  });
});

describe('createResilientMessageBus: circuit breaker (9.2)', () => {
  it('opens on the bus after five failures, refuses without calling or dead-lettering, and recovers', async () => {
    const { bus, clock, settle, recorded } = await create({ retry: { maxRetries: 0 } });
    const attempts = failing(bus, down, down, down, down, down);

    for (let n = 0; n < 5; n++) await bus.execute(Ask({ text: 'a' }));
    const refused = await bus.execute(Ask({ text: 'b' }));
    expect(refused).toMatchObject({
      error: { code: 'LLMGINE_CIRCUIT_OPEN', retryAfterMs: 60_000 },
    });
    expect(attempts).toHaveLength(5);
    expect(bus.getCircuitBreakerStates()).toMatchObject({ ask: { state: 'open', rejected: 1 } });
    expect(await bus.getDeadLetterEntries()).toHaveLength(5);

    await clock.advanceAsync(60_000);
    expect(bus.getCircuitBreakerStates()).toMatchObject({ ask: { state: 'half_open' } });
    for (let n = 0; n < 3; n++) await settle(bus.execute(Ask({ text: 'c' })), 0);

    expect(bus.getCircuitBreakerStates()).toMatchObject({ ask: { state: 'closed' } });
    expect(recorded.of('circuit.changed').map(({ to }) => to)).toEqual([
      'open',
      'half_open',
      'closed',
    ]);
  });

  it("ends retrying when the circuit opens between attempts, with the handler's own error", async () => {
    const { bus, settle } = await create({ circuitBreaker: { failureThreshold: 2 } });
    const attempts = failing(bus, ...always);

    const result = await settle(bus.execute(Ask({ text: 'a' })));

    expect(attempts).toHaveLength(2);
    expect(result).toMatchObject({ error: down });
    expect(await bus.getDeadLetterEntries()).toMatchObject([{ attempts: 2 }]);
  });

  it('keys circuits, and uses the type where the key function throws', async () => {
    const { bus, settle, recorded } = await create({
      retry: { maxRetries: 0 },
      breakerKey: ({ data }) => {
        const { text } = data as { text: string };
        if (text === 'broken') throw new Error('no key');
        return `model ${text}`;
      },
    });
    failing(bus);

    for (const text of ['x', 'y', 'broken']) await settle(bus.execute(Ask({ text })), 0);

    expect(Object.keys(bus.getCircuitBreakerStates())).toEqual(['model x', 'model y', 'ask']);
    expect(recorded.of('callback.failed')).toMatchObject([{ callback: 'breakerKey' }]);
  });

  it('isolates and closes by hand', async () => {
    const { bus } = await create();
    const attempts = failing(bus);

    bus.isolateCircuitBreaker('ask');
    expect(await bus.execute(Ask({ text: 'a' }))).toMatchObject({ success: false });
    bus.closeCircuitBreaker('ask');
    expect(await bus.execute(Ask({ text: 'a' }))).toMatchObject({ success: true });

    expect(attempts).toHaveLength(1);
  });

  it('counts timeouts, and frees the probe of a cancelled command', async () => {
    const { bus, clock, settle } = await create({
      retry: { maxRetries: 0 },
      circuitBreaker: { failureThreshold: 1, successThreshold: 1 },
    });
    bus.registerCommandHandler(Ask, () => new Promise<string>(() => {}));
    await settle(bus.execute(Ask({ text: 'a' }), { timeoutMs: 10 }), 10);
    expect(bus.getCircuitBreakerStates()).toMatchObject({ ask: { state: 'open' } });
    await clock.advanceAsync(60_000);

    const aborting = new AbortController();
    const probe = bus.execute(Ask({ text: 'b' }), { signal: aborting.signal });
    await clock.advanceAsync(0);
    expect(bus.getCircuitBreakerStates()).toMatchObject({ ask: { probes: 1 } });
    aborting.abort();
    await settle(probe, 0);

    expect(bus.getCircuitBreakerStates()).toMatchObject({ ask: { state: 'half_open', probes: 0 } });
  });

  it('forgets circuits when the bus is reset', async () => {
    const { bus } = await create();
    failing(bus);
    await bus.execute(Ask({ text: 'a' }));

    await bus.reset();

    expect(bus.getCircuitBreakerStates()).toEqual({});
  });
});

describe('createResilientMessageBus: dead letters (9.4)', () => {
  async function withDeadLetter(options: ResilientMessageBusOptions = {}) {
    const created = await create({ retry: { maxRetries: 0 }, circuitBreaker: false, ...options });
    const { bus, settle } = created;
    let broken = true;
    const texts: string[] = [];
    bus.registerCommandHandler(Ask, ({ data: { text } }) => {
      texts.push(text);
      if (broken || text === 'bad') throw down;
      return `answer to ${text}`;
    });
    const command = Ask({ text: 'a' }, { sessionId: sessionId('s') });
    await settle(bus.execute(command));
    return { ...created, command, texts, repair: () => (broken = false) };
  }

  it('removes an entry whose retry succeeds', async () => {
    const { bus, command, repair, texts } = await withDeadLetter();
    repair();

    const result = await bus.retryDeadLetterEntry(command.id);

    expect(result).toMatchObject({ success: true, result: 'answer to a', commandId: command.id });
    expect(texts).toEqual(['a', 'a']);
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });

  it('tells how many are left when entries are retried or discarded', async () => {
    const { bus, command, recorded, repair } = await withDeadLetter();
    repair();

    await bus.retryDeadLetterEntry(command.id);

    expect(recorded.of('dead-letters.changed')).toMatchObject([{ deadLetters: 0 }]);
  });

  it('puts an entry whose retry fails back, with its history, and makes no second one', async () => {
    const { bus, command, recorded } = await withDeadLetter();

    await bus.retryDeadLetterEntry(command.id);
    await bus.retryDeadLetterEntry(command.id);

    expect(await bus.getDeadLetterEntries()).toMatchObject([
      { id: command.id, attempts: 3, redrives: 2, status: 'waiting' },
    ]);
    expect(recorded.of('command.dead-lettered')).toHaveLength(1);
  });

  it('sends an edited copy with a new id and keeps the original as resolved', async () => {
    const { bus, command, repair, texts } = await withDeadLetter();
    repair();

    const result = await bus.retryDeadLetterEntry(command.id, { data: { text: 'edited' } });

    expect(result).toMatchObject({ success: true, result: 'answer to edited' });
    expect(result.commandId).not.toBe(command.id);
    expect(texts.at(-1)).toBe('edited');
    expect(await bus.getDeadLetterEntries()).toEqual([]);
    expect(await bus.getDeadLetterEntries({ status: 'resolved' })).toMatchObject([
      { id: command.id },
    ]);
  });

  it('puts the original back when its edited copy fails, and keeps no copy', async () => {
    const { bus, command, repair } = await withDeadLetter();
    repair();

    await bus.retryDeadLetterEntry(command.id, { data: { text: 'bad' } });

    expect(await bus.getDeadLetterEntries()).toMatchObject([
      { id: command.id, redrives: 1, message: { data: { text: 'a' } } },
    ]);
  });

  it('refuses edited data that does not fit, and puts the entry back', async () => {
    const { bus, settle } = await create({ retry: { maxRetries: 0 } });
    const Numbered = defineCommand('numbered', {
      data: {
        '~standard': {
          version: 1,
          vendor: 'test',
          validate: (value: unknown) =>
            typeof (value as { n: unknown }).n === 'number'
              ? { value: value as { n: number } }
              : { issues: [{ message: 'no number' }] },
        },
      },
    });
    bus.registerCommandHandler(Numbered, () => {
      throw down;
    });
    const command = (Numbered as unknown as (data: unknown) => ReturnType<typeof Numbered>)({
      n: 1,
    });
    await settle(bus.execute(command));

    await expect(bus.retryDeadLetterEntry(command.id, { data: { n: 'x' } })).rejects.toBeInstanceOf(
      InvalidMessageError,
    );

    expect(await bus.getDeadLetterEntries()).toMatchObject([{ status: 'waiting', redrives: 0 }]);
  });

  it('raises what was stored as an older version, and leaves a newer one where it is', async () => {
    const { createMemoryDeadLetterStore } = await import('@llmgine/core/stores');
    const store = createMemoryDeadLetterStore();
    const Renamed = defineCommand('renamed', {
      data: typeOnly<{ name: string }>(),
      result: typeOnly<string>(),
      version: 2,
      upcast: { 1: ({ title }: { title: string }) => ({ name: title }) },
    });
    const { bus } = await create({ deadLetterStore: store });
    bus.registerCommandHandler(Renamed, ({ data }) => data.name);
    const about = {
      error: { name: 'Error', message: 'down' },
      attempts: 1,
      firstAttemptAt: 1,
      lastAttemptAt: 1,
      reason: 'exhausted',
      redrives: 0,
      status: 'waiting',
    } as const;
    const message = Renamed({ name: 'x' });
    const old = { ...message, id: 'old', version: 1, data: { title: 'an old one' } };
    await store.add({ id: 'old', message: old, ...about });
    await store.add({ id: 'new', message: { ...message, id: 'new', version: 3 }, ...about });

    expect(await bus.retryDeadLetterEntry('old')).toMatchObject({ result: 'an old one' });
    await expect(bus.retryDeadLetterEntry('new')).rejects.toMatchObject({
      code: 'LLMGINE_NEWER_MESSAGE_VERSION',
    });
    expect(await bus.getDeadLetterEntries()).toMatchObject([{ id: 'new', status: 'waiting' }]);
  });

  it('lets one caller at a time retry an entry, and knows no others', async () => {
    const { bus, command } = await withDeadLetter();

    const outcomes = await Promise.allSettled([
      bus.retryDeadLetterEntry(command.id),
      bus.retryDeadLetterEntry(command.id),
      bus.retryDeadLetterEntry('never'),
    ]);

    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected']);
    expect(outcomes[1]).toMatchObject({
      reason: {
        code: 'LLMGINE_DEAD_LETTER_RETRY',
        message: expect.stringContaining('it is being retried already'),
      },
    });
    expect(outcomes[2]).toMatchObject({ reason: { code: 'LLMGINE_DEAD_LETTER_NOT_FOUND' } });
  });

  it('retries many at a rate and tells what became of them', async () => {
    const { bus, clock, settle, repair, texts } = await withDeadLetter();
    for (const text of ['b', 'bad', 'd']) await settle(bus.execute(Ask({ text })));
    repair();
    texts.length = 0;

    const retrying = bus.retryDeadLetters({}, { ratePerSecond: 2 });
    await clock.advanceAsync(1_000);
    expect(texts).toEqual(['a', 'b', 'bad']);
    const report = await settle(retrying);

    expect(report).toEqual({ succeeded: 3, failed: 1, skipped: 0 });
    expect(await bus.getDeadLetterEntries()).toMatchObject([
      { message: { data: { text: 'bad' } } },
    ]);
  });

  it('lists by session and type, discards, and purges', async () => {
    const { bus, settle } = await withDeadLetter();
    await settle(bus.execute(Ask({ text: 'b' })));

    expect(await bus.getDeadLetterEntries({ sessionId: sessionId('s') })).toHaveLength(1);
    expect(await bus.getDeadLetterEntries({ limit: 1, offset: 1 })).toMatchObject([
      { message: { data: { text: 'b' } } },
    ]);
    const [first] = await bus.getDeadLetterEntries();
    expect(await bus.discardDeadLetterEntry(first!.id)).toBe(true);
    expect(await bus.purgeDeadLetters({ type: 'ask' })).toBe(1);
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });

  it('lets the oldest out as a signal when it is full, and nobody waits', async () => {
    const { bus, settle, recorded, command } = await withDeadLetter({ maxDeadLetters: 2 });

    for (const text of ['b', 'c']) await settle(bus.execute(Ask({ text })));

    const entries = await bus.getDeadLetterEntries();
    expect(entries.map(({ message }) => message.data)).toEqual([{ text: 'b' }, { text: 'c' }]);
    expect(recorded.of('dead-letter.evicted')).toMatchObject([
      { id: command.id, evicted: 1, entry: { attempts: 1 } },
    ]);
  });

  it('publishes DeadLetterCommandEvent, but none for what such an event has caused', async () => {
    const { bus, clock } = await create({ retry: { maxRetries: 0 } });
    const seen: unknown[] = [];
    failing(bus, ...always);
    bus.registerEventHandler(DeadLetterCommandEvent, async ({ data }, context) => {
      seen.push(data);
      await context.execute(Ask({ text: 'again' }));
    });
    const command = Ask({ text: 'a' });

    await bus.execute(command);
    await clock.advanceAsync(10);

    expect(seen).toMatchObject([
      { commandType: 'ask', commandId: command.id, attempts: 1, reason: 'exhausted' },
    ]);
    expect(await bus.getDeadLetterEntries()).toHaveLength(2);
  });

  it('gives the error to the caller and reports the store when that fails', async () => {
    const { createMemoryDeadLetterStore } = await import('@llmgine/core/stores');
    const full = {
      ...createMemoryDeadLetterStore(),
      add: () => Promise.reject(new Error('disk full')),
    };
    const { bus, settle, recorded } = await create({
      retry: { maxRetries: 0 },
      deadLetterStore: full,
    });
    failing(bus, down);

    expect(await settle(bus.execute(Ask({ text: 'a' })))).toMatchObject({ error: down });
    expect(recorded.of('store.failed')).toMatchObject([
      { store: 'dead-letters', operation: 'add' },
    ]);
  });

  it('keeps failed event handlers by name when told to retry them, and sends to that handler only', async () => {
    const { bus, settle, recorded } = await create({
      events: { retry: { maxRetries: 1, jitter: 'none' } },
    });
    let broken = true;
    const handled: string[] = [];
    bus.registerEventHandler(Happened, () => void handled.push('first'), { name: 'first' });
    bus.registerEventHandler(
      Happened,
      () => {
        handled.push('second');
        if (broken) throw down;
      },
      { name: 'second' },
    );
    const event = Happened({ n: 1 });

    const receipt = await settle(bus.publish(event));
    expect(receipt).toMatchObject({
      status: 'processed',
      failures: [{ handler: 'second', error: down }],
    });
    expect(handled).toEqual(['first', 'second', 'second']);
    expect(recorded.of('event-handler.retried')).toMatchObject([{ handler: 'second', attempt: 1 }]);
    const id = `${event.id}:second`;
    expect(await bus.getDeadLetterEntries()).toMatchObject([
      { id, handler: 'second', attempts: 2 },
    ]);

    broken = false;
    expect(await settle(bus.retryDeadLetterEntry(id))).toMatchObject({ success: true });
    expect(handled).toEqual(['first', 'second', 'second', 'second']);
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });

  it('counts an event handler as done whose error is discarded', async () => {
    const { bus, settle } = await create({
      events: { retry: { policies: [{ when: Error, then: 'discard' }] } },
    });
    bus.registerEventHandler(Happened, () => {
      throw down;
    });

    expect(await settle(bus.publish(Happened({ n: 1 })))).toEqual({
      status: 'processed',
      failures: [],
    });
  });

  it('gives up on event handlers that never settle, at their time or when they are aborted', async () => {
    const { bus, settle } = await create({
      events: { retry: { maxRetries: 0, attemptTimeoutMs: 50 } },
    });
    bus.registerEventHandler(Happened, () => new Promise<void>(() => {}), { name: 'stuck' });

    const receipt = await settle(bus.publish(Happened({ n: 1 })), 100);

    expect(receipt).toMatchObject({
      failures: [{ handler: 'stuck', error: { code: 'LLMGINE_HANDLER_TIMEOUT' } }],
    });
    expect(await bus.getDeadLetterEntries()).toMatchObject([{ handler: 'stuck' }]);
  });
});

describe('createResilientMessageBus: bulkhead and limiter (9.5)', () => {
  it('runs so many commands of a type at a time, lets some wait and refuses the rest, without dead letters', async () => {
    const { bus, clock } = await create({ bulkhead: { maxConcurrent: 1, maxQueue: 1 } });
    const finish: (() => void)[] = [];
    bus.registerCommandHandler(
      Ask,
      () => new Promise<string>((resolve) => finish.push(() => resolve('done'))),
    );

    const results = ['a', 'b', 'c'].map((text) => bus.execute(Ask({ text })));
    await clock.advanceAsync(0);
    expect(finish).toHaveLength(1);
    expect(await results[2]).toMatchObject({ error: { code: 'LLMGINE_BULKHEAD_FULL' } });
    finish[0]!();
    await clock.advanceAsync(0);
    finish[1]!();

    expect(await Promise.all(results.slice(0, 2))).toMatchObject([
      { success: true },
      { success: true },
    ]);
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });

  it('takes no second slot for a command inside a command of the same type', async () => {
    const { bus, settle } = await create({ bulkhead: { maxConcurrent: 1 } });
    bus.registerCommandHandler(Ask, async ({ data: { text } }, context) => {
      if (text === 'inner') return 'inner';
      const inner = await context.execute(Ask({ text: 'inner' }));
      return inner.success ? `outer of ${inner.result}` : 'refused';
    });

    expect(await settle(bus.execute(Ask({ text: 'outer' })))).toMatchObject({
      result: 'outer of inner',
    });
  });

  it('keeps commands within requests and tokens per minute, settling what they used', async () => {
    const { bus, clock } = await create({
      rateLimiter: {
        tokensPerMinute: 60,
        tokens: () => 60,
        usedTokens: (result) => (result === 'answer to short' ? 30 : 60),
      },
    });
    failing(bus);

    expect(await bus.execute(Ask({ text: 'short' }))).toMatchObject({ success: true });
    const second = bus.execute(Ask({ text: 'long' }));
    await clock.advanceAsync(29_000);
    expect(bus.getStats().inFlight).toBe(1);
    await clock.advanceAsync(1_000);

    expect(await second).toMatchObject({ success: true });
  });

  it('ends the wait of a command that is cancelled', async () => {
    const { bus, clock } = await create({ rateLimiter: { requestsPerMinute: 1 } });
    failing(bus);
    await bus.execute(Ask({ text: 'a' }));
    const waiting = bus.execute(Ask({ text: 'b' }), { timeoutMs: 100 });

    await clock.advanceAsync(100);

    expect(await waiting).toMatchObject({ error: expect.any(CommandTimeoutError) });
    expect(await bus.getDeadLetterEntries()).toEqual([]);
  });
});

describe('createResilientMessageBus: the queue (9.3)', () => {
  it('tells publishers what became of their events, and counts them', async () => {
    const { bus, clock } = await create({
      eventQueueSize: 2,
      backpressureStrategy: 'REJECT_NEW',
      concurrency: 1,
    });
    const finish: (() => void)[] = [];
    bus.registerEventHandler(Happened, () => new Promise<void>((resolve) => finish.push(resolve)));
    const first = bus.publish(Happened({ n: 0 }));
    await clock.advanceAsync(0);

    const receipts = await Promise.all(
      [1, 2, 3].map((n) => bus.publish(Happened({ n }), { awaitProcessing: false })),
    );

    expect(receipts).toEqual([
      { status: 'queued' },
      { status: 'queued' },
      { status: 'dropped', reason: 'queue-full' },
    ]);
    expect(bus.getQueueMetrics()).toMatchObject({
      currentSize: 2,
      totalRejected: 1,
      backpressureActive: true,
    });
    for (let n = 0; n < 3; n++) {
      finish[n]!();
      await clock.advanceAsync(0);
    }
    expect(await first).toMatchObject({ status: 'processed' });
  });

  it('lets a due event wait where it is held until there is room', async () => {
    const { bus, clock, recorded } = await create({ eventQueueSize: 1, concurrency: 1 });
    const seen: number[] = [];
    const finish: (() => void)[] = [];
    bus.registerEventHandler(Happened, ({ data: { n } }) => {
      seen.push(n);
      return new Promise<void>((resolve) => finish.push(resolve));
    });
    await bus.publish(Happened({ n: 3 }, { scheduledAt: clock.now() + 10 }));
    void bus.publish(Happened({ n: 1 }));
    await clock.advanceAsync(0);
    void bus.publish(Happened({ n: 2 }));

    await clock.advanceAsync(1_000);
    expect(await bus.listScheduled()).toHaveLength(1);
    for (let n = 0; n < 3; n++) {
      finish[n]!();
      await clock.advanceAsync(1_000);
    }

    expect(seen).toEqual([1, 2, 3]);
    expect(recorded.of('event.dropped')).toEqual([]);
  });

  it('lets nobody hang who waits for room when the bus stops', async () => {
    const { bus, clock } = await create({
      eventQueueSize: 1,
      backpressureStrategy: 'ADAPTIVE_RATE_LIMIT',
      concurrency: 1,
    });
    bus.registerEventHandler(Happened, () => new Promise<void>(() => {}));
    const receipts = [1, 2, 3, 4].map((n) => bus.publish(Happened({ n })));
    await clock.advanceAsync(0);

    const stopping = bus.stop({ deadlineMs: 50 });
    await clock.advanceAsync(200);
    await stopping;

    expect(await Promise.all(receipts)).toHaveLength(4);
  });
});

describe('createResilientMessageBus: options', () => {
  it('refuses everything out of range, all at once', () => {
    const wrong = {
      eventQueueSize: 0,
      backpressureStrategy: 'DROP' as 'REJECT_NEW',
      retry: {
        maxRetries: -1,
        jitter: 'x' as 'full',
        policies: [{ when: 3 as never, then: 'x' as 'fail' }],
        budget: { ratio: -1 },
      },
      circuitBreaker: { failureThreshold: 0 },
      breakerKey: 'type' as never,
      maxBreakers: 0,
      maxDeadLetters: 0,
      bulkhead: { maxConcurrent: 0 },
      rateLimiter: {},
      events: {} as never,
      queue: {} as never,
    };

    expect(() => createResilientMessageBus(wrong)).toThrowError(
      /eventQueueSize.*backpressureStrategy.*retry\.maxRetries.*retry\.jitter.*policies\[0\]\.when.*policies\[0\]\.then.*budget\.ratio.*failureThreshold.*breakerKey.*maxBreakers.*maxDeadLetters.*maxConcurrent.*requestsPerMinute.*events\.retry.*queue is/,
    );
  });
});
