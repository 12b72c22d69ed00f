import { homedir } from 'node:os';
import { join } from 'node:path';

/** The environment as the program uses it. */
export interface ChatEnvironment {
  readonly apiKey: string | undefined;
  readonly baseUrl: string | undefined;
  readonly model: string | undefined;
  /** Where sessions are kept. */
  readonly home: string;
  /** False: the terminal, or who runs it, wants no colours. */
  readonly color: boolean;
}

/** Reads the environment in one place. */
export function readEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
): ChatEnvironment {
  const set = (name: string): string | undefined => variables[name]?.trim() || undefined;
  const state = set('XDG_STATE_HOME') ?? join(homedir(), '.local', 'state');
  return {
    apiKey: set('OPENAI_API_KEY'),
    baseUrl: set('OPENAI_BASE_URL'),
    model: set('OPENAI_MODEL'),
    home: set('LLMGINE_CHAT_HOME') ?? join(state, 'llmgine-chat'),
    color: set('NO_COLOR') === undefined && set('TERM') !== 'dumb',
  };
}
