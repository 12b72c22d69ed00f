import { describe, expect, it } from 'vitest';
import { countTests, type TestReport } from './test-counts.ts';

const clean: TestReport = { numPassedTests: 3, numFailedTests: 0, success: true, testResults: [] };

function file(status: string, ...tests: string[]): TestReport['testResults'][number] {
  return { name: 'a.test.ts', status, assertionResults: tests.map((each) => ({ status: each })) };
}

describe('countTests', () => {
  it('takes the counts of a clean run', () => {
    expect(countTests(clean, 0)).toEqual({ passed: 3, failed: 0 });
  });

  it('counts failed tests once, not their file as well', () => {
    const report = {
      ...clean,
      numFailedTests: 2,
      success: false,
      testResults: [file('failed', 'failed', 'failed', 'passed')],
    };

    expect(countTests(report, 1)).toEqual({ passed: 3, failed: 2 });
  });

  it('counts a file that failed as a whole', () => {
    const testResults = [file('failed'), file('failed', 'passed'), file('passed', 'passed')];

    expect(countTests({ ...clean, success: false, testResults }, 1)).toEqual({
      passed: 3,
      failed: 2,
    });
  });

  it('counts an error outside every file', () => {
    expect(countTests(clean, 1)).toEqual({ passed: 3, failed: 1 });
    expect(countTests({ ...clean, success: false }, 0)).toEqual({ passed: 3, failed: 1 });
  });

  it('counts a run that left no report', () => {
    expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1 });
  });
});
