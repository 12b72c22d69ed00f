import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  anyEvent,
  BUS_SCOPE,
  createMessageBus,
  defineCommand,
  defineEvent,
  fail,
  HandlerPriority,
  ok,
  SessionEndEvent,
  sessionId,
  typeOnly,
  type AnyMessage,
  type BusSession,
  type CommandHandler,
  type CommandMessage,
  type CommandResult,
  type EventMessage,
  type HandlerContext,
  type MessageBus,
  type MessageOf,
  type Outcome,
  type PublishReceipt,
  type ResultOf,
  type SessionId,
} from '../src/index.ts';

const Greet = defineCommand('greet', {
  data: z.object({ name: z.string().default('world'), times: z.number().optional() }),
  result: z.string(),
});
const Count = defineCommand('count', {
  data: typeOnly<{ readonly upTo: number }>(),
  result: typeOnly<number[]>(),
});
const Forget = defineCommand('forget', { data: typeOnly<void>() });
const Said = defineEvent('said', { data: z.object({ text: z.string(), at: z.coerce.number() }) });
const Ping = defineEvent('ping', { data: typeOnly<{ readonly note?: string }>() });

describe('messages', () => {
  it('1.1 the type is literal and the data is what the schema gives, not what it takes', () => {
    expectTypeOf(Greet({})).toExtend<CommandMessage<'greet'>>();
    expectTypeOf(Greet({}).type).toEqualTypeOf<'greet'>();
    expectTypeOf(Greet({}).kind).toEqualTypeOf<'command'>();
    expectTypeOf(Greet({}).data).toEqualTypeOf<{ name: string; times?: number | undefined }>();
    expectTypeOf(Said({ text: '', at: '7' }).data).toEqualTypeOf<{ text: string; at: number }>();
    expectTypeOf(Said({ text: '', at: 0 }).kind).toEqualTypeOf<'event'>();
  });

  it('1.1 every Standard Schema infers alike', () => {
    const valibot = defineEvent('v', { data: v.object({ name: v.optional(v.string(), 'x') }) });
    const arktype = defineEvent('a', { data: type({ name: 'string = "x"' }) });

    expectTypeOf(valibot().data).toEqualTypeOf<{ name: string }>();
    expectTypeOf(arktype().data).toEqualTypeOf<{ name: string }>();
    expectTypeOf(valibot).toBeCallableWith({ name: 'y' });
    expectTypeOf(arktype).toBeCallableWith({ name: 'y' });
  });

  it('1.1 data may be left out exactly when every field of it may', () => {
    expectTypeOf(Greet).parameters.toExtend<[data?: object, options?: object]>();
    expectTypeOf<Parameters<typeof Greet>['length']>().toEqualTypeOf<0 | 1 | 2>();
    expectTypeOf<Parameters<typeof Ping>['length']>().toEqualTypeOf<0 | 1 | 2>();
    expectTypeOf<Parameters<typeof Forget>['length']>().toEqualTypeOf<0 | 1 | 2>();
    expectTypeOf<Parameters<typeof Said>['length']>().toEqualTypeOf<1 | 2>();
    expectTypeOf<Parameters<typeof Count>['length']>().toEqualTypeOf<1 | 2>();
  });

  it('1.1 wrong data is refused', () => {
    expectTypeOf<{ name: number }>().not.toExtend<NonNullable<Parameters<typeof Greet>[0]>>();
    expectTypeOf<{ text: string }>().not.toExtend<Parameters<typeof Said>[0]>();
    expectTypeOf<{ upTo: string }>().not.toExtend<Parameters<typeof Count>[0]>();
    expectTypeOf<{ x: 1 }>().not.toExtend<Parameters<typeof Forget>[0]>();
  });

  it('1.1 messages are readonly', () => {
    type Writable<T> = { -readonly [Key in keyof T]: T[Key] };
    expectTypeOf<Pick<EventMessage, 'id' | 'data' | 'metadata'>>().not.toEqualTypeOf<
      Writable<Pick<EventMessage, 'id' | 'data' | 'metadata'>>
    >();
  });

  it('1.1 two messages of different types are kept apart, though their data is alike', () => {
    const One = defineEvent('one', { data: typeOnly<{ a: string }>() });
    const Other = defineEvent('other', { data: typeOnly<{ a: string }>() });

    expectTypeOf<MessageOf<typeof One>>().not.toExtend<MessageOf<typeof Other>>();
    expectTypeOf<MessageOf<typeof Said>>().not.toExtend<CommandMessage>();
    expectTypeOf<MessageOf<typeof Greet>>().not.toExtend<EventMessage>();
  });

  it('1.2 options take session ids, not any string; only events take a schedule', () => {
    expectTypeOf<string>().not.toExtend<SessionId>();
    expectTypeOf(sessionId('s')).toEqualTypeOf<SessionId>();
    expectTypeOf(BUS_SCOPE).toEqualTypeOf<SessionId>();
    expectTypeOf<Parameters<typeof Said>[1]>().toExtend<{ scheduledAt?: number } | undefined>();
    expectTypeOf<NonNullable<Parameters<typeof Greet>[1]>>().not.toHaveProperty('scheduledAt');
  });

  it('is() narrows', () => {
    const message = Said({ text: '', at: 0 }) as AnyMessage;

    if (Greet.is(message)) expectTypeOf(message.data.name).toEqualTypeOf<string>();
    if (Said.is(message)) expectTypeOf(message.data.at).toEqualTypeOf<number>();
  });

  it("1.7 a lane function sees the event's data", () => {
    defineEvent('keyed', {
      data: z.object({ room: z.string() }),
      lane: (event) => {
        expectTypeOf(event.data).toEqualTypeOf<{ room: string }>();
        return event.data.room;
      },
    });
  });
});

describe('results', () => {
  it("2.3 execute gives the command's result type, from its definition", async () => {
    const bus = createMessageBus();

    expectTypeOf(bus.execute(Greet({}))).toEqualTypeOf<Promise<CommandResult<string>>>();
    expectTypeOf(bus.execute(Count({ upTo: 1 }))).toEqualTypeOf<Promise<CommandResult<number[]>>>();
    expectTypeOf(bus.execute(Forget())).toEqualTypeOf<Promise<CommandResult<void>>>();
    expectTypeOf<ResultOf<MessageOf<typeof Count>>>().toEqualTypeOf<number[]>();
  });

  it('2.3 a result is either a value or an error, told apart by success', () => {
    const result: Outcome<string> = [ok('a'), fail('b')][0]!;

    if (result.success) expectTypeOf(result.result).toEqualTypeOf<string>();
    else expectTypeOf(result.error).toEqualTypeOf<Error>();
    expectTypeOf<Outcome<string>>().not.toHaveProperty('result');
    expectTypeOf(fail('x')).toExtend<Outcome<string>>();
    expectTypeOf(ok()).toEqualTypeOf<Outcome<void>>();
  });

  it('3.2 a receipt is told apart by its status', () => {
    const receipt = { status: 'queued' } as PublishReceipt;

    if (receipt.status === 'processed')
      expectTypeOf(receipt.failures[0]!.error).toEqualTypeOf<Error>();
    if (receipt.status === 'filtered') expectTypeOf(receipt.filter).toEqualTypeOf<string>();
    if (receipt.status === 'scheduled') expectTypeOf(receipt.scheduledAt).toEqualTypeOf<number>();
    expectTypeOf(receipt.status).toEqualTypeOf<
      'processed' | 'queued' | 'scheduled' | 'filtered' | 'dropped'
    >();
  });
});

describe('handlers', () => {
  it('get their message and context typed by the definition', () => {
    const bus = createMessageBus();
    bus.registerCommandHandler(Greet, (command, context) => {
      expectTypeOf(command.data.name).toEqualTypeOf<string>();
      expectTypeOf(context).toEqualTypeOf<HandlerContext>();
      return '';
    });
    bus.registerEventHandler(Said, (event) => {
      expectTypeOf(event.data.at).toEqualTypeOf<number>();
    });
    bus.registerEventHandler(SessionEndEvent, (event) => {
      expectTypeOf(event.data.error?.message).toEqualTypeOf<string | undefined>();
    });
    bus.registerEventHandler(anyEvent, (event) => {
      expectTypeOf(event.data).toEqualTypeOf<unknown>();
      expectTypeOf(event.type).toEqualTypeOf<string>();
    });
  });

  it('may return the result, an outcome of it, or a promise of either', () => {
    const bus = createMessageBus();

    bus.registerCommandHandler(Greet, () => 'a');
    bus.registerCommandHandler(Greet, () => ok('a'));
    bus.registerCommandHandler(Greet, () => fail('a'));
    bus.registerCommandHandler(Greet, async () => 'a');
    bus.registerCommandHandler(Greet, async () => ok('a'));
    bus.registerCommandHandler(Greet, (_command, context) => context.execute(Greet({})));
    bus.registerCommandHandler(Forget, () => {});
    bus.registerCommandHandler(Forget, async () => ok());
  });

  it('that return anything else are refused', () => {
    type GreetHandler = CommandHandler<MessageOf<typeof Greet>>;

    expectTypeOf<() => string>().toExtend<GreetHandler>();
    expectTypeOf<() => number>().not.toExtend<GreetHandler>();
    expectTypeOf<() => Outcome<number>>().not.toExtend<GreetHandler>();
    expectTypeOf<() => Promise<void>>().not.toExtend<GreetHandler>();
    expectTypeOf<(command: MessageOf<typeof Count>) => string>().not.toExtend<GreetHandler>();
  });

  it('priorities may be named or any number', () => {
    expectTypeOf(HandlerPriority.HIGH).toEqualTypeOf<10>();
    createMessageBus().registerEventHandler(Said, () => {}, { priority: 42 });
  });
});

describe('the bus', () => {
  it('registrations and the rest are disposable', () => {
    const bus = createMessageBus();

    expectTypeOf(bus.registerEventHandler(Said, () => {})).toEqualTypeOf<Disposable>();
    expectTypeOf<MessageBus>().toExtend<AsyncDisposable>();
    expectTypeOf<BusSession>().toExtend<AsyncDisposable>();
  });

  it('publishes events and executes commands, not the other way round', () => {
    expectTypeOf<Parameters<MessageBus['publish']>[0]>().toEqualTypeOf<EventMessage>();
    expectTypeOf<MessageOf<typeof Greet>>().not.toExtend<Parameters<MessageBus['publish']>[0]>();
    expectTypeOf<MessageOf<typeof Said>>().not.toExtend<Parameters<MessageBus['execute']>[0]>();
  });
});
