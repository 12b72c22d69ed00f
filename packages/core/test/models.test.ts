import { createFakeClock } from '@llmgine/testing';
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  integer,
  nat,
  record,
  type Arbitrary,
} from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  createMessageBus,
  defineCommand,
  defineEvent,
  sessionId,
  typeOnly,
  type HandlerContext,
  type MessageBus,
} from '../src/index.ts';

/** What a handler does: it takes some time, sends messages that do the same, and takes some time again. */
interface Task {
  readonly name: number;
  readonly kind: 'event' | 'command';
  readonly session: string;
  readonly through: 'context' | 'bus' | 'session';
  readonly awaited: boolean;
  readonly together: boolean;
  readonly beforeMs: number;
  readonly afterMs: number;
  readonly fails: boolean;
  readonly ends: boolean;
  readonly children: readonly Task[];
}

const Do = defineCommand('do', { data: typeOnly<Task>(), result: typeOnly<unknown>() });
const Done = defineEvent('done', { data: typeOnly<Task>() });
const sessionNames = ['BUS', 'a', 'b', 'c'];

function taskOf(levels: number): Arbitrary<Task> {
  return record({
    name: nat(),
    kind: constantFrom('event' as const, 'event' as const, 'command' as const),
    session: constantFrom(...sessionNames),
    through: constantFrom('context' as const, 'bus' as const, 'session' as const),
    awaited: boolean(),
    together: boolean(),
    beforeMs: constantFrom(0, 0, 1, 7),
    afterMs: constantFrom(0, 0, 3),
    fails: integer({ min: 0, max: 9 }).map((roll) => roll === 0),
    ends: integer({ min: 0, max: 9 }).map((roll) => roll === 0),
    children: levels === 0 ? constant([]) : array(taskOf(levels - 1), { maxLength: 3 }),
  });
}

const task = taskOf(3);

/** Chains as deep as nesting goes. */
const deepTask: Arbitrary<Task> = array(taskOf(0), { minLength: 20, maxLength: 31 }).map((links) =>
  links.reduceRight((child, link) => ({ ...link, children: [child] })),
);

interface World {
  readonly bus: MessageBus;
  readonly clock: ReturnType<typeof createFakeClock>;
  readonly sessions: ReadonlyMap<string, Awaited<ReturnType<MessageBus['session']>>>;
  /** Everything that somebody awaits. */
  readonly awaited: Promise<unknown>[];
}

/** A bus on which tasks may be sent. Sessions end only when a task says so and `mayEnd` allows it. */
async function createWorld({
  mayEnd = false,
  limits = false,
  concurrency = Infinity,
} = {}): Promise<World> {
  const clock = createFakeClock();
  const bus = createMessageBus({ clock, concurrency });
  const wait = (durationMs: number): Promise<void> | undefined =>
    durationMs === 0 ? undefined : new Promise((resolve) => clock.setTimer(resolve, durationMs));

  const run = async (given: Task, context: HandlerContext): Promise<void> => {
    await wait(given.beforeMs);
    const sent: Promise<unknown>[] = [];
    for (const child of given.children) {
      const promise = send(world, child, context);
      sent.push(promise);
      if (child.awaited && !given.together) await promise;
    }
    await Promise.all(sent.filter((_, index) => given.children[index]!.awaited));
    if (mayEnd && given.ends)
      await world.sessions.get(given.session)?.end(undefined, { deadlineMs: 50 });
    await wait(given.afterMs);
    if (given.fails) throw new Error('no');
  };
  const timeoutMs = limits ? { timeoutMs: 5 } : {};
  bus.registerEventHandler(Done, ({ data }, context) => run(data, context), timeoutMs);
  bus.registerEventHandler(Done, ({ data }, context) => run({ ...data, children: [] }, context), {
    priority: 60,
  });
  bus.registerCommandHandler(Do, ({ data }, context) => run(data, context), timeoutMs);
  await bus.start();
  const opened = sessionNames
    .slice(1)
    .map(async (name) => [name, await bus.session(sessionId(name))] as const);
  const world: World = { bus, clock, sessions: new Map(await Promise.all(opened)), awaited: [] };
  return world;
}

function send(
  { bus, sessions, awaited }: World,
  given: Task,
  context?: HandlerContext,
): Promise<unknown> {
  const options = { sessionId: sessionId(given.session) };
  const session = sessions.get(given.session);
  const through =
    given.through === 'session' && session
      ? session
      : given.through === 'context' && context
        ? context
        : bus;
  const sent =
    given.kind === 'command'
      ? through.execute(Do(given, options))
      : through.publish(Done(given, options), { awaitProcessing: given.awaited });
  const outcome = sent.catch((refused: unknown) => refused);
  awaited.push(outcome);
  return outcome;
}

/** What is pending when everything that can happen has happened. */
async function pendingAfter(world: World, durationMs: number): Promise<number> {
  await world.clock.advanceAsync(durationMs);
  let pending = 0;
  for (const promise of world.awaited) {
    const state = await Promise.race([
      promise.then(() => 'settled'),
      Promise.resolve().then(() => Promise.resolve('pending')),
    ]);
    if (state === 'pending') pending++;
  }
  return pending;
}

describe('whatever handlers do', () => {
  it('3.6 trees of awaited and un-awaited publishes and executes over several sessions never deadlock', async () => {
    await assert(
      asyncProperty(
        array(task, { minLength: 1, maxLength: 4 }),
        constantFrom(1, 2, Infinity),
        async (roots, concurrency) => {
          const world = await createWorld({ concurrency });

          for (const root of roots) void send(world, root);

          expect(await pendingAfter(world, 5_000)).toBe(0);
          expect(world.bus.getStats()).toMatchObject({ queueSize: 0, inFlight: 0 });
          await world.bus.waitForEvents();
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);

  it('3.6 chains down to the limit of nesting never deadlock', async () => {
    await assert(
      asyncProperty(
        array(deepTask, { minLength: 1, maxLength: 2 }),
        boolean(),
        async (roots, limits) => {
          const world = await createWorld({ limits });

          for (const root of roots) void send(world, root);

          expect(await pendingAfter(world, 5_000)).toBe(0);
          expect(world.bus.getStats()).toMatchObject({ queueSize: 0, inFlight: 0 });
        },
      ),
      { numRuns: 25 },
    );
  }, 30_000);

  it('4.2 handlers that end sessions, their own and those of others, leave nobody hanging', async () => {
    await assert(
      asyncProperty(array(task, { minLength: 1, maxLength: 5 }), async (roots) => {
        const world = await createWorld({ mayEnd: true });

        for (const root of roots) void send(world, root);

        expect(await pendingAfter(world, 5_000)).toBe(0);
        expect(world.bus.getStats()).toMatchObject({ queueSize: 0, inFlight: 0 });
      }),
      { numRuns: 60 },
    );
  }, 30_000);

  it('6.2 every awaited publish and execute settles, whenever sessions end, callers abort and the bus stops', async () => {
    const interruption = record({
      atMs: nat(20),
      kind: constantFrom(
        'stop' as const,
        'end' as const,
        'fail' as const,
        'abort' as const,
        'reset' as const,
      ),
      session: constantFrom(...sessionNames.slice(1)),
      deadlineMs: constantFrom(0, 1, 10),
    });
    await assert(
      asyncProperty(
        array(task, { minLength: 1, maxLength: 4 }),
        array(interruption, { minLength: 1, maxLength: 4 }),
        boolean(),
        async (roots, interruptions, limits) => {
          const world = await createWorld({ mayEnd: true, limits });
          const { bus, clock, sessions, awaited } = world;
          const caller = new AbortController();
          for (const { atMs, kind, session, deadlineMs } of interruptions) {
            clock.setTimer(() => {
              if (kind === 'stop') awaited.push(bus.stop({ deadlineMs }));
              else if (kind === 'reset') awaited.push(bus.reset());
              else if (kind === 'abort') caller.abort();
              else {
                const error = kind === 'fail' ? new Error('hung up') : undefined;
                awaited.push(sessions.get(session)!.end(error, { deadlineMs }));
              }
            }, atMs);
          }

          for (const root of roots) void send(world, root);
          for (const root of roots)
            awaited.push(bus.execute(Do(root), { signal: caller.signal }).catch(() => {}));

          expect(await pendingAfter(world, 30_000)).toBe(0);
          expect(bus.getStats().inFlight).toBe(0);
          const stopped = bus.stop();
          await clock.advanceAsync(10_000);
          await stopped;
          expect(bus.getStats()).toMatchObject({ queueSize: 0, sessions: 0 });
        },
      ),
      { numRuns: 80 },
    );
  }, 60_000);
});

describe('lanes against a model', () => {
  it('3.5 events of a lane keep their order, one at a time, under every mix of durations, priorities and nesting', async () => {
    const publish = record({
      lane: constantFrom('BUS', 'a', 'b', 'key:k', 'none'),
      awaited: boolean(),
      durationMs: constantFrom(0, 0, 1, 5),
      lowMs: constantFrom(0, 2),
      nested: boolean(),
      gapMs: constantFrom(0, 0, 2),
    });
    await assert(
      asyncProperty(
        array(publish, { maxLength: 25 }),
        constantFrom(1, 3, Infinity),
        async (publishes, concurrency) => {
          const clock = createFakeClock();
          const bus = createMessageBus({ clock, concurrency });
          const Plain = defineEvent('plain', { data: typeOnly<{ index: number }>() });
          const Keyed = defineEvent('keyed', {
            data: typeOnly<{ index: number }>(),
            lane: () => 'k',
          });
          const Free = defineEvent('free', { data: typeOnly<{ index: number }>(), lane: 'none' });
          const Nested = defineEvent('nested', { data: typeOnly<{ index: number }>() });
          const steps: { lane: string; index: number; step: 'begins' | 'ends' }[] = [];
          const wait = (durationMs: number): Promise<void> | undefined =>
            durationMs === 0
              ? undefined
              : new Promise((resolve) => clock.setTimer(resolve, durationMs));
          for (const definition of [Plain, Keyed, Free]) {
            bus.registerEventHandler(
              definition,
              async ({ data: { index } }, context) => {
                const { lane, durationMs, nested } = publishes[index]!;
                steps.push({ lane, index, step: 'begins' });
                await wait(durationMs);
                if (nested) await context.publish(Nested({ index }));
              },
              { priority: 10 },
            );
            bus.registerEventHandler(definition, async ({ data: { index } }) => {
              const { lane, lowMs } = publishes[index]!;
              await wait(lowMs);
              steps.push({ lane, index, step: 'ends' });
            });
          }
          bus.registerEventHandler(Nested, () => wait(1));
          await bus.start();

          for (const [index, { lane, awaited, gapMs }] of publishes.entries()) {
            const definition = lane === 'none' ? Free : lane === 'key:k' ? Keyed : Plain;
            const session = lane === 'a' || lane === 'b' ? { sessionId: sessionId(lane) } : {};
            void bus.publish(definition({ index }, session), { awaitProcessing: awaited });
            if (gapMs > 0) await clock.advanceAsync(gapMs);
          }
          await clock.advanceAsync(10_000);

          for (const lane of ['BUS', 'a', 'b', 'key:k']) {
            const expected = [...publishes.keys()]
              .filter((index) => publishes[index]!.lane === lane)
              .flatMap((index) => [`${index} begins`, `${index} ends`]);
            expect(
              steps
                .filter((each) => each.lane === lane)
                .map(({ index, step }) => `${index} ${step}`),
            ).toEqual(expected);
          }
          expect(steps).toHaveLength(publishes.length * 2);
        },
      ),
      { numRuns: 60 },
    );
  }, 30_000);
});

describe('waitForEvents against a model', () => {
  it('3.4 resolves exactly when what was accepted before, and all that it caused, has settled', async () => {
    const Work = defineEvent('work', {
      data: typeOnly<{
        id: number;
        durationMs: number;
        causes: readonly { durationMs: number; awaited: boolean }[];
      }>(),
      lane: 'none',
    });
    const work = record({
      durationMs: integer({ min: 0, max: 20 }),
      causes: array(record({ durationMs: integer({ min: 0, max: 20 }), awaited: boolean() }), {
        maxLength: 3,
      }),
    });
    const step = record({
      kind: constantFrom('publish' as const, 'publish' as const, 'wait' as const),
      work,
      gapMs: nat(10),
    });

    await assert(
      asyncProperty(array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        const clock = createFakeClock();
        const bus = createMessageBus({ clock });
        const open = new Map<number, number>(); // root → events of it that have not settled
        bus.registerEventHandler(Work, async ({ data }, context) => {
          await new Promise<void>((resolve) => clock.setTimer(resolve, data.durationMs));
          for (const { durationMs, awaited } of data.causes) {
            open.set(data.id, open.get(data.id)! + 1);
            await context.publish(Work({ id: data.id, durationMs, causes: [] }), {
              awaitProcessing: awaited,
            });
          }
          open.set(data.id, open.get(data.id)! - 1);
        });
        await bus.start();
        const waits: { readonly roots: readonly number[]; isOver: boolean }[] = [];

        const check = (): void => {
          for (const wait of waits) {
            const isDone = wait.roots.every((root) => open.get(root) === 0);
            expect(wait.isOver).toBe(isDone);
          }
        };
        for (const [id, { kind, work: given, gapMs }] of steps.entries()) {
          if (kind === 'publish') {
            open.set(id, 1);
            void bus.publish(Work({ id, ...given }), { awaitProcessing: false });
          } else {
            const wait = { roots: [...open.keys()], isOver: false };
            waits.push(wait);
            void bus.waitForEvents().then(() => (wait.isOver = true));
          }
          for (let passed = 0; passed < gapMs; passed++) {
            await clock.advanceAsync(1);
            check();
          }
        }
        await clock.advanceAsync(1_000);
        check();
        expect(waits.every(({ isOver }) => isOver)).toBe(true);
      }),
      { numRuns: 40 },
    );
  }, 30_000);
});
