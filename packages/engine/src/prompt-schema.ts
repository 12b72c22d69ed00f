import type { StandardSchemaV1 } from '@standard-schema/spec';

/** What a user asks. */
export interface PromptData {
  readonly prompt: string;
  /**
   * Names the run, e.g. to resume it.
   * @default the command's id
   */
  readonly runId?: string | undefined;
}

/** Checks a prompt by hand: this package brings no validator. */
export const promptSchema: StandardSchemaV1<PromptData> = {
  '~standard': { version: 1, vendor: 'llmgine', validate },
};

function validate(value: unknown): StandardSchemaV1.Result<PromptData> {
  const { prompt, runId } = (value ?? {}) as Record<string, unknown>;
  const issues = [];
  if (typeof prompt !== 'string' || prompt.trim() === '') {
    issues.push({ path: ['prompt'], message: 'expected a text that is not empty' });
  }
  if (runId !== undefined && (typeof runId !== 'string' || runId === '')) {
    issues.push({ path: ['runId'], message: 'expected a text that is not empty' });
  }
  return issues.length > 0 ? { issues } : { value: value as PromptData };
}
