import type { PersistenceOptions } from './persistence-options.ts';

/** The environment variables of the guide, as options. An empty variable counts as unset. */
export function optionsFromEnv(
  environment: Readonly<Record<string, string | undefined>> = process.env,
): Pick<PersistenceOptions, 'url' | 'schema' | 'persistEvents'> {
  const url = environment['LLMGINE_DB_URL'];
  const schema = environment['LLMGINE_DB_SCHEMA'];
  return {
    ...(url && { url }),
    ...(schema && { schema }),
    persistEvents: isOn(environment['LLMGINE_PERSIST_EVENTS']),
  };
}

function isOn(value: string | undefined): boolean {
  return value !== undefined && ['1', 'true', 'yes', 'on'].includes(value.trim().toLowerCase());
}
