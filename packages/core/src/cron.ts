import type { Cron, CronOptions } from 'croner';
import type { Recurrence } from './bus/message-bus.ts';
import { InvalidOptionsError } from './errors.ts';
import { loadCroner } from './load-croner.ts';

/** Only asked for times: it starts no timer of its own. */
const OPTIONS: CronOptions = { paused: true, mode: '5-or-6-parts' };

/**
 * Repeats at the times of a cron expression (five fields, six with seconds in front, or a nickname such as `@daily`).
 *
 * When clocks go forward, a fixed time that is skipped that day runs at the first moment after the gap; when they go
 * back, a fixed time that comes twice runs once. Expressions with wildcards or steps follow real time.
 *
 * @param timeZone an IANA name, e.g. `Europe/Stockholm`; never that of the machine unless it is given
 * @throws InvalidOptionsError, MissingPeerError
 */
export function cron(expression: string, timeZone = 'UTC'): Recurrence {
  const job = parse(expression, timeZone);

  return {
    next: (after) => job.nextRun(new Date(after))?.getTime(),
  };
}

function parse(expression: string, timeZone: string): Cron {
  const CronJob = loadCroner();
  const problems = [...expressionProblems(expression, CronJob)];
  if (!isTimeZone(timeZone)) {
    problems.push(`'${timeZone}' is no time zone; use an IANA name such as 'Europe/Stockholm'`);
  }
  if (problems.length > 0) throw new InvalidOptionsError('make a cron recurrence', problems);
  return new CronJob(expression, { ...OPTIONS, timezone: timeZone });
}

function* expressionProblems(expression: string, CronJob: typeof Cron): Generator<string> {
  // The parser would take a date and run once.
  if (/^\s*\d{4}-/.test(expression)) {
    yield `'${expression}' is a date, not a cron expression; set scheduledAt for a single event`;
    return;
  }
  try {
    void new CronJob(expression, OPTIONS);
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown);
    yield `'${expression}' is no cron expression (${reason})`;
  }
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
