import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { loadCroner } from './load-croner.ts';

function failingWith(error: Error): NodeJS.Require {
  const fail = (): never => {
    throw error;
  };
  return Object.assign(fail, createRequire(import.meta.url));
}

describe('loadCroner', () => {
  it('says what to install where there is no croner', () => {
    const missing = Object.assign(new Error("Cannot find module 'croner'"), {
      code: 'MODULE_NOT_FOUND',
    });

    expect(() => loadCroner(failingWith(missing))).toThrow(
      expect.objectContaining({
        code: 'LLMGINE_MISSING_PEER',
        packageName: 'croner',
        message: "Install 'croner' to use cron expressions.",
      }),
    );
  });

  it('passes on what else goes wrong', () => {
    expect(() => loadCroner(failingWith(new SyntaxError('broken')))).toThrow(SyntaxError);
  });
});
