/** The part of vitest's JSON report that is counted. */
export interface TestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Counts what passed and what failed. A file that failed without a failed test in it (it did not
 * load, or a hook threw) counts as one; so does a run that failed with nothing to show for it.
 */
export function countTests(report: TestReport | undefined, exitCode: number): TestCounts {
  if (!report) return { passed: 0, failed: 1 };
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((each) => each.status === 'failed'),
  );
  const failed = report.numFailedTests + brokenFiles.length;
  const failedElsewhere = failed === 0 && (exitCode !== 0 || !report.success);
  return { passed: report.numPassedTests, failed: failedElsewhere ? 1 : failed };
}
