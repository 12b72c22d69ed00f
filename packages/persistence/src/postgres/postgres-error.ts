import {
  DatabaseAccessDeniedError,
  DatabaseCorruptError,
  DatabaseError,
  DatabaseFailedError,
  DatabaseFullError,
  DatabaseLockedError,
  DatabaseReadOnlyError,
  DatabaseSchemaError,
  DatabaseUnreachableError,
  type DatabaseErrorOptions,
  type FailedOutcome,
} from '../errors.ts';

/** Names what `pg` rejected with; errors of our own pass. `outcome` says what a broken connection means here. */
export function namedPostgresError(thrown: unknown, outcome: FailedOutcome = 'unknown'): unknown {
  if (thrown instanceof DatabaseError || !(thrown instanceof Error)) return thrown;
  const given = (thrown as { code?: unknown }).code;
  const code = typeof given === 'string' ? given : '';
  const options = { cause: thrown };

  const named = namedStates.find(([state]) => code.startsWith(state));
  if (named) return new named[1](options);
  if (isConnectionLoss(thrown, code)) return new DatabaseUnreachableError({ ...options, outcome });
  if (/^[0-9A-Z]{5}$/.test(code)) return new DatabaseFailedError(options);
  return thrown;
}

/** SQLSTATEs, or the classes they begin with; https://www.postgresql.org/docs/current/errcodes-appendix.html */
const namedStates: readonly (readonly [
  string,
  new (options: DatabaseErrorOptions) => DatabaseError,
])[] = [
  ['28', DatabaseAccessDeniedError],
  ['42501', DatabaseAccessDeniedError],
  ['53100', DatabaseFullError],
  ['25006', DatabaseReadOnlyError],
  ['55P03', DatabaseLockedError],
  ['57014', DatabaseLockedError],
  ['40001', DatabaseLockedError],
  ['40P01', DatabaseLockedError],
  ['XX001', DatabaseCorruptError],
  ['XX002', DatabaseCorruptError],
  ['42P01', DatabaseSchemaError],
  ['42703', DatabaseSchemaError],
  ['3F000', DatabaseSchemaError],
  ['3D000', DatabaseUnreachableError],
];

function isConnectionLoss(error: Error, code: string): boolean {
  return (
    /^(08|57P0|53300)/.test(code) ||
    /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_|NOTFOUND)/.test(code) ||
    error instanceof AggregateError ||
    /connection|timeout|terminat|socket|ended/i.test(error.message)
  );
}
