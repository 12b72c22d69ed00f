// A process that schedules, publishes, handles, journals and dead-letters until it is killed.
import {
  createMessageBus,
  defineCommand,
  defineEvent,
  StreamConflictError,
  systemClock,
  typeOnly,
  type Clock,
  type HandlerContext,
  type MessageBus,
} from '@llmgine/core';
import type { ClaimedEvent, DeadLetterStore, ScheduledEventStore } from '@llmgine/core/stores';
import { DatabaseUnreachableError, openPersistence, type Persistence } from '../../src/index.ts';
import { createCrasher } from './crash-points.ts';
import { tell } from './journal.ts';

const {
  CRASH_URL: url = '',
  CRASH_SCHEMA: schema = 'message_bus',
  CRASH_RUN: run = '0',
  CRASH_AT: crashAt,
  CRASH_PASSES: passes = '1',
  CRASH_MODE: mode = 'work',
  CRASH_SKEW_MS: skewMs = '0',
  CRASH_LEASE_MS: leaseMs = '250',
  CRASH_HANDLE_MS: handleMs = '1',
  CRASH_EVENTS: eventLimit = 'Infinity',
} = process.env;

const Job = defineEvent('crash.job', { data: typeOnly<object>(), lane: 'none' });
const Fact = defineEvent('crash.fact', {
  data: typeOnly<{ readonly run: string; readonly count: number }>(),
});
const Ask = defineCommand('crash.ask', { data: typeOnly<object>() });

// Nobody is to outlive the one who counts.
process.stdin.on('end', () => process.exit()).resume();
process.stdin.unref();

const crash = createCrasher(crashAt, Number(passes));
const skewedClock: Clock = { ...systemClock, now: () => systemClock.now() + Number(skewMs) };

function pause(durationMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, durationMs));
}

/** The real store, with short leases, and with what is settled told. */
function watched(store: ScheduledEventStore): ScheduledEventStore {
  const short = { leaseMs: Number(leaseMs) };
  const own: Partial<ScheduledEventStore> = {
    async save(events) {
      const instead = await store.save(events);
      crash('after-save');
      return instead;
    },
    async claimDue(request) {
      const claims = await store.claimDue({ ...request, ...short });
      for (const { event, epoch } of claims) tell({ what: 'claimed', id: event.id, epoch });
      if (claims.length > 0) crash('after-claim');
      return claims;
    },
    async extend(claim) {
      const extended = await store.extend(claim, short.leaseMs);
      if (!extended) tell({ what: 'refused', id: claim.event.id, epoch: claim.epoch });
      return extended;
    },
    async settle(claim: ClaimedEvent, next) {
      crash('before-settle');
      const settled = await store.settle(claim, next);
      tell({ what: settled ? 'settled' : 'refused', id: claim.event.id, epoch: claim.epoch });
      crash('after-settle');
      return settled;
    },
  };
  return new Proxy(store, {
    get(target, name: keyof ScheduledEventStore) {
      const value = own[name] ?? target[name];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** Keeps the lease as long as the handler runs, as the bus does with its own longer ones. */
async function handle(id: string, { signal }: HandlerContext): Promise<void> {
  tell({ what: 'handling', id, at: systemClock.now() });
  crash('while-handling');
  await pause(Number(handleMs));
  if (!signal.aborted) tell({ what: 'handled', id, at: systemClock.now() });
}

async function* counting(): AsyncGenerator<number> {
  for (let count = 0; count < Number(eventLimit); count++) {
    yield count;
    await pause(1);
  }
}

async function schedule(bus: MessageBus, { scheduledEvents }: Persistence): Promise<void> {
  for await (const count of counting()) {
    const id = `${run}-${count}`;
    // By the store's clock: this process's own may be wrong, and then the bus would think it due at once.
    const scheduledAt = (await scheduledEvents.now()) + 5 + (count % 40);
    const event = Job({}, { id, scheduledAt });
    if (skewMs === '0') await bus.publish(event);
    else await scheduledEvents.save([event]);
    tell({ what: 'saved', id });
  }
}

async function log(persistence: Persistence): Promise<void> {
  for await (const count of counting()) {
    await persistence.eventLog.append(Fact({ run, count }));
    if (count % 10 !== 9) continue;
    crash('before-log-flush');
    await persistence.eventLog.flush();
    tell({ what: 'logged', run, count });
  }
}

async function journal(persistence: Persistence): Promise<void> {
  const { streams } = persistence;
  let version = 0;
  for await (const record of streams.read('journal')) if (record) version++;
  for await (const count of counting()) {
    crash('before-append');
    const record = { position: version };
    try {
      version = await (count % 5 === 4
        ? inTransaction(record)
        : streams.append('journal', version, [record]));
    } catch (thrown) {
      // A transaction of the caller's is the caller's to repeat.
      if (thrown instanceof DatabaseUnreachableError && thrown.outcome === 'not-done') continue;
      // The worker before may still be alive for a moment.
      if (!(thrown instanceof StreamConflictError)) throw thrown;
      version = thrown.actualVersion;
      continue;
    }
    crash('after-append');
    tell({ what: 'appended', version });
  }

  function inTransaction(record: { readonly position: number }): Promise<number> {
    return persistence.transaction(async (tx) => {
      const next = await tx.streams.append('journal', record.position, [record]);
      crash('inside-a-transaction');
      return next;
    });
  }
}

async function deadLetter({ deadLetters }: Persistence): Promise<void> {
  for await (const count of counting()) {
    const id = `${run}-${count}`;
    await deadLetters.add({
      id,
      message: Ask({}, { id }),
      error: { name: 'Error', message: 'no' },
      attempts: 1,
      firstAttemptAt: 1,
      lastAttemptAt: 1,
      reason: 'exhausted',
      redrives: 0,
      status: 'waiting',
    });
    tell({ what: 'dead', id });
    crash('after-dead-letter');
    if (count % 2 === 0 || !(await claimed(deadLetters, id))) continue;
    await deadLetters.settle(id, 'removed');
    tell({ what: 'removed', id });
  }
}

/** False also when the server went away before it could answer. */
async function claimed(deadLetters: DeadLetterStore, id: string): Promise<boolean> {
  try {
    return (await deadLetters.claim(id, 60_000)) !== undefined;
  } catch (thrown) {
    if (thrown instanceof DatabaseUnreachableError) return false;
    throw thrown;
  }
}

/** Works off what is left until nothing is held any more. */
async function drain({ scheduledEvents }: Persistence): Promise<void> {
  while ((await scheduledEvents.nextDueInMs()) !== undefined) await pause(20);
  tell({ what: 'drained' });
}

await using persistence = await openPersistence({
  url,
  schema,
  persistEvents: false,
  // PostgreSQL may be away for a moment.
  onStoreFailure: 'stop',
  waitMs: 20_000,
});
await using bus = createMessageBus({
  ...persistence.busOptions(),
  clock: skewedClock,
  scheduledEvents: watched(persistence.scheduledEvents),
});
bus.registerEventHandler(Job, (event, context) => handle(event.id, context));
await bus.start();
tell({ what: 'ready' });

try {
  if (mode === 'schedule') await schedule(bus, persistence);
  if (mode === 'work') {
    await Promise.all([
      log(persistence),
      journal(persistence),
      deadLetter(persistence),
      schedule(bus, persistence),
    ]);
  }
  if (mode === 'drain' || mode === 'schedule') await drain(persistence);
  // Handles what falls due until it is killed.
  while (mode === 'handle') await pause(1_000);
} catch (thrown) {
  tell({
    what: 'failed',
    error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown),
  });
  process.exit(1);
}
