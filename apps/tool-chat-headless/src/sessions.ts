import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { StreamStore } from '@llmgine/core/stores';
import { createFileStreamStore, runStream } from '@llmgine/engine';
import { createChatHistory, openStoredChatHistory, type StoredChatHistory } from '@llmgine/llm';
import { UsageError } from './usage-error.ts';

/** A kept conversation, for a list. */
export interface SessionSummary {
  readonly sessionId: string;
  readonly messages: number;
  /** How it began. */
  readonly firstPrompt: string;
}

const PREFIX = 'session/';

/** The kept conversations of a person. */
export interface Sessions {
  readonly store: StreamStore;
  list(): Promise<readonly SessionSummary[]>;
  open(
    sessionId: string,
    options: { systemPrompt?: string | undefined; mustExist: boolean },
  ): Promise<StoredChatHistory>;
  /** The run of a session that was cut off, if there is one. */
  unfinishedRun(sessionId: string): Promise<string | undefined>;
  /** Forgets a run: its turn is in the conversation. */
  forgetRun(runId: string): Promise<void>;
}

/** Opens the sessions that are kept in a directory, or in another store. */
export function openSessions(
  home: string,
  store: StreamStore = createFileStreamStore({ directory: join(home, 'sessions') }),
): Sessions {
  return {
    store,
    async list() {
      const summaries: SessionSummary[] = [];
      for await (const stream of store.list(PREFIX)) summaries.push(await summaryOf(stream));
      return summaries;
    },
    async open(sessionId, { systemPrompt, mustExist }) {
      const stream = PREFIX + sessionId;
      if (mustExist && !(await exists(stream)) && !(await unfinishedRun(sessionId))) {
        throw new UsageError(
          `There is no session '${sessionId}'. See llmgine-chat --list, or start one with --session ${sessionId}.`,
        );
      }
      return openStoredChatHistory({ store, stream, systemPrompt });
    },
    unfinishedRun,
    forgetRun: (runId) => store.delete(runStream(runId)),
  };

  async function unfinishedRun(sessionId: string): Promise<string | undefined> {
    const prefix = runStream('');
    for await (const stream of store.list(runStream(`${sessionId}.`))) {
      const runId = stream.slice(prefix.length);
      if (runId.lastIndexOf('.') === sessionId.length) return runId;
    }
    return undefined;
  }

  async function exists(stream: string): Promise<boolean> {
    for await (const _ of store.read(stream)) return true;
    return false;
  }

  async function summaryOf(stream: string): Promise<SessionSummary> {
    const sessionId = stream.slice(PREFIX.length);
    try {
      const { history } = await openStoredChatHistory({ store, stream });
      const first = history.getMessages().find(({ role }) => role === 'user')?.content ?? '';
      const firstPrompt = typeof first === 'string' ? first : JSON.stringify(first);
      return { sessionId, messages: history.length, firstPrompt };
    } catch (thrown) {
      return {
        sessionId,
        messages: 0,
        firstPrompt: `[${thrown instanceof Error ? thrown.message : String(thrown)}]`,
      };
    }
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
