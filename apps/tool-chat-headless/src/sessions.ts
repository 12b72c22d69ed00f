import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { toError } from '@llmgine/core';
import type { StreamStore } from '@llmgine/core/stores';
import { createFileStreamStore, runStream } from '@llmgine/engine';
import { createChatHistory, openStoredChatHistory, type StoredChatHistory } from '@llmgine/llm';
import { lockSession } from './session-lock.ts';
import { UsageError } from './usage-error.ts';

/** A kept conversation, for a list. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly messages: number;
  /** How it began. */
  readonly firstPrompt: string;
}

const PREFIX = 'session/';

/** How to open a conversation. */
export interface OpenSessionOptions {
  readonly systemPrompt: string | undefined;
  /** Refuses a name under which nothing is kept. */
  readonly mustExist: boolean;
}

/** The kept conversations of a person. */
export class Sessions {
  readonly store: StreamStore;
  /** Absent: the store itself sees to it that of two processes one loses. */
  readonly #lockDirectory: string | undefined;

  constructor(store: StreamStore, lockDirectory?: string) {
    this.store = store;
    this.#lockDirectory = lockDirectory;
  }

  /** True: nobody else works on a session that is locked, so a run of it that has not ended was cut off. */
  get isExclusive(): boolean {
    return this.#lockDirectory !== undefined;
  }

  /** Keeps a session to this process until disposed. @throws SessionInUseError */
  lock(sessionId: string): Disposable {
    const directory = this.#lockDirectory;
    if (directory === undefined) return { [Symbol.dispose]: () => {} };
    return lockSession(sessionId, join(directory, `${sessionId}.lock`));
  }

  /** The most recent first. */
  async list(): Promise<readonly SessionSummary[]> {
    const summaries: SessionSummary[] = [];
    for await (const stream of this.store.list(PREFIX)) {
      summaries.push(await summaryOf(this.store, stream));
    }
    return summaries;
  }

  /** @throws UsageError */
  async open(
    sessionId: string,
    { systemPrompt, mustExist }: OpenSessionOptions,
  ): Promise<StoredChatHistory> {
    const { store } = this;
    const stream = PREFIX + sessionId;
    if (mustExist && !(await this.#exists(stream)) && !(await this.unfinishedRun(sessionId))) {
      throw new UsageError(
        `There is no session '${sessionId}'. See llmgine-chat --list, or start one with --session ${sessionId}.`,
      );
    }
    return openStoredChatHistory({ store, stream, systemPrompt });
  }

  /** The run of a session that was cut off, if there is one. */
  async unfinishedRun(sessionId: string): Promise<string | undefined> {
    const prefix = runStream('');
    for await (const stream of this.store.list(runStream(`${sessionId}.`))) {
      const runId = stream.slice(prefix.length);
      const isOfSession = runId.lastIndexOf('.') === sessionId.length;
      if (isOfSession && (await this.#exists(stream))) return runId; // else it was cut off before it began
    }
    return undefined;
  }

  /** Forgets a run: its turn is in the conversation. */
  async forgetRun(runId: string): Promise<void> {
    await this.store.delete(runStream(runId));
  }

  async #exists(stream: string): Promise<boolean> {
    for await (const _ of this.store.read(stream)) return true;
    return false;
  }
}

/** The sessions that are kept in files below a directory. */
export function sessionsBelow(home: string): Sessions {
  const directory = join(home, 'sessions');
  return new Sessions(createFileStreamStore({ directory }), directory);
}

/** A conversation that cannot be read is listed, too: somebody may look for it. */
async function summaryOf(store: StreamStore, stream: string): Promise<SessionSummary> {
  const sessionId = stream.slice(PREFIX.length);
  try {
    const { history } = await openStoredChatHistory({ store, stream });
    const first = history.getMessages().find(({ role }) => role === 'user')?.content ?? '';
    const firstPrompt = typeof first === 'string' ? first : JSON.stringify(first);
    return { sessionId, messages: history.length, firstPrompt };
  } catch (thrown) {
    return { sessionId, messages: 0, firstPrompt: `[${toError(thrown).message}]` };
  }
}

/** A conversation that is not kept. */
export function unkeptHistory(systemPrompt: string | undefined): StoredChatHistory {
  return { history: createChatHistory({ systemPrompt }), save: async () => {} };
}

/** A name for a session that was given none. */
export function newSessionId(): string {
  return randomUUID().slice(0, 8);
}
