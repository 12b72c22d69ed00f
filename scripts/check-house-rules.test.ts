import { describe, expect, it } from 'vitest';
import { checkHouseRules } from './check-house-rules.ts';
import { manifestWith, temporaryProject } from './lib/temporary-project.ts';

function problemsIn(path: string, code: string): string[] {
  return checkHouseRules(
    temporaryProject({
      'packages/core/package.json': manifestWith('@llmgine/core', {}),
      [`packages/core/src/${path}`]: code,
    }),
  );
}

describe('checkHouseRules', () => {
  it('refuses to read the time outside the clock', () => {
    const code = 'export const a = new Date();\nexport const b = Date();\nprocess.hrtime();';

    expect(problemsIn('bus.ts', code)).toEqual([
      'packages/core/src/bus.ts:1 reads the time with Date(); take a Clock',
      'packages/core/src/bus.ts:2 reads the time with Date(); take a Clock',
      'packages/core/src/bus.ts:3 reads the time with process.hrtime(); take a Clock',
    ]);
    expect(problemsIn('timing/system-clock.ts', code)).toEqual([]);
    expect(problemsIn('bus.test.ts', code)).toEqual([]);
  });

  it('accepts a date made from an instant', () => {
    expect(problemsIn('bus.ts', 'export const a = new Date(0);')).toEqual([]);
  });

  it('refuses an enum, declared ones too', () => {
    expect(problemsIn('bus.ts', 'export declare enum A { b }')).toEqual([
      'packages/core/src/bus.ts:1 declares an enum; use a const object or a union of strings',
    ]);
  });

  it('refuses file names that say nothing', () => {
    expect(problemsIn('queue-utils.ts', '')).toHaveLength(1);
    expect(problemsIn('types.ts', '')).toHaveLength(1);
    expect(problemsIn('message-types.ts', '')).toHaveLength(1);
    expect(problemsIn('utility-bill.ts', '')).toEqual([]);
  });
});
