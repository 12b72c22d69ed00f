import type { Clock } from '@llmgine/core/timing';
import { Client, type PoolConfig } from 'pg';

/** Where to listen. */
export interface ListenerOptions {
  readonly config: PoolConfig;
  readonly channel: string;
  readonly clock: Clock;
}

const RECONNECT_MS = 500;

/** Hears on a connection of its own when another process saved something earlier; comes back by itself when it is lost. */
export class Listener {
  readonly #config: PoolConfig;
  readonly #channel: string;
  readonly #clock: Clock;
  readonly #wakers = new Set<() => void>();
  #client: Client | undefined;
  #retry: Disposable | undefined;
  #closed = false;

  constructor({ config, channel, clock }: ListenerOptions) {
    this.#config = config;
    this.#channel = channel;
    this.#clock = clock;
  }

  /** The connection is made with the first waker and ended with the last one. */
  add(wake: () => void): Disposable {
    this.#wakers.add(wake);
    if (this.#wakers.size === 1) void this.#connect();
    return {
      [Symbol.dispose]: () => {
        this.#wakers.delete(wake);
        if (this.#wakers.size === 0) void this.#disconnect();
      },
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#wakers.clear();
    await this.#disconnect();
  }

  async #connect(): Promise<void> {
    this.#retry?.[Symbol.dispose]();
    const client = new Client(this.#config);
    this.#client = client;
    client.on('notification', () => this.#wake());
    client.on('error', () => this.#lost(client));
    client.on('end', () => this.#lost(client));
    try {
      await client.connect();
      await client.query(`listen "${this.#channel}"`);
      this.#wake(); // something may have been saved while nobody listened
    } catch {
      this.#lost(client);
    }
  }

  #lost(client: Client): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {}); // it is lost already
    if (this.#closed || this.#wakers.size === 0) return;
    this.#retry = this.#clock.setTimer(() => void this.#connect(), RECONNECT_MS);
  }

  async #disconnect(): Promise<void> {
    this.#retry?.[Symbol.dispose]();
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {}); // it was lost just now
  }

  #wake(): void {
    for (const wake of this.#wakers) wake();
  }
}
