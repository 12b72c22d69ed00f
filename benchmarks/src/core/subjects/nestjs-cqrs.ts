import 'reflect-metadata';
import { Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CommandHandler, CqrsModule, EventBus, EventsHandler } from '@nestjs/cqrs';
import { suspension, type BusUnderTest, type Setup } from '../bus-under-test.ts';

class Measured {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

class Measure {
  readonly index: number;

  constructor(index: number) {
    this.index = index;
  }
}

/**
 * An application context with the CQRS module; decorators are called by hand, since Node.js strips types only. An
 * event goes through an rxjs subject to every handler of every type, each of which filters. Errors are caught per
 * handler. It has no queue, no sessions, no middleware, and a publish cannot be awaited: where that is measured, the
 * handler releases a latch.
 */
export async function createNestCqrs(setup: Setup): Promise<BusUnderTest> {
  let release: () => void = () => {};
  const handled = (): void => {
    setup.handled();
    release();
  };
  const providers: Type[] = [createCommandHandler()];
  for (let count = 0; count < setup.handlers; count++) {
    providers.push(createEventHandler(Measured, handled));
  }
  for (let count = 0; count < setup.otherTypes; count++) {
    providers.push(createEventHandler(createEventClass(), () => {}));
  }
  // oxlint-disable-next-line typescript/no-extraneous-class -- Nest's modules are such classes
  class BenchmarkModule {}
  Module({ imports: [CqrsModule.forRoot()], providers })(BenchmarkModule);

  const application = await NestFactory.createApplicationContext(BenchmarkModule, {
    logger: false,
  });
  await application.init();
  const events = application.get(EventBus);
  const commands = application.get(CommandBus);
  return {
    publish: (index) => events.publish(new Measured(index)),
    publishAndWait: (index) =>
      new Promise<void>((resolve) => {
        release = resolve;
        events.publish(new Measured(index));
      }),
    execute: (index) => commands.execute(new Measure(index)),
  };
}

function createEventHandler(event: Type, handled: () => void): Type {
  class Handler {
    async handle(): Promise<void> {
      await suspension;
      handled();
    }
  }
  EventsHandler(event)(Handler);
  return Handler;
}

function createCommandHandler(): Type {
  class Handler {
    async execute({ index }: Measure): Promise<number> {
      await suspension;
      return index;
    }
  }
  CommandHandler(Measure)(Handler);
  return Handler;
}

function createEventClass(): Type {
  return class Other {
    readonly index = 0;
  };
}
