import type { EventMessage } from '../message/message.ts';

/** Decides whether an event goes on to the queue. */
export interface EventFilter {
  /** Named in the receipt of a refused event. */
  readonly name: string;
  /**
   * Also decides on the bus's own events (`llmgine.*`), which pass otherwise.
   * @default false
   */
  readonly busEvents?: boolean;
  /** Synchronous. A filter that throws refuses nothing and is reported. */
  accepts(event: EventMessage): boolean;
}
