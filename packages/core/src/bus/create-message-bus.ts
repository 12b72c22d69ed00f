import type { MessageBus } from './message-bus.ts';
import type { MessageBusOptions } from './message-bus-options.ts';
export declare function createMessageBus(options?: MessageBusOptions): MessageBus;
