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
  type FailedOutcome,
} from '../errors.ts';

/** Names what `pg` rejected with; errors of our own pass. `outcome` says what a broken connection means here. */
export function namedPostgresError(thrown: unknown, outcome: FailedOutcome = 'unknown'): unknown {
  if (thrown instanceof DatabaseError || !(thrown instanceof Error)) return thrown;
  const code = String((thrown as { code?: unknown }).code ?? '');
  const options = { cause: thrown };

  // SQLSTATE classes; https://www.postgresql.org/docs/current/errcodes-appendix.html
  if (/^(28|42501)/.test(code)) return new DatabaseAccessDeniedError(options);
  if (/^53100/.test(code)) return new DatabaseFullError(options);
  if (/^25006/.test(code)) return new DatabaseReadOnlyError(options);
  if (/^(55P03|57014|40001|40P01)/.test(code)) return new DatabaseLockedError(options);
  if (/^XX00[12]/.test(code)) return new DatabaseCorruptError(options);
  if (/^(42P01|42703|3F000)/.test(code)) return new DatabaseSchemaError(options);
  if (/^3D000/.test(code)) return new DatabaseUnreachableError(options);
  if (isConnectionLoss(thrown, code)) return new DatabaseUnreachableError({ ...options, outcome });
  if (/^[0-9A-Z]{5}$/.test(code)) return new DatabaseFailedError(options);
  return thrown;
}

function isConnectionLoss(error: Error, code: string): boolean {
  return (
    /^(08|57P0|53300)/.test(code) ||
    /^E(CONN|PIPE|HOST|NET|TIMEDOUT|AI_|NOTFOUND)/.test(code) ||
    error instanceof AggregateError ||
    /connection|timeout|terminat|socket|ended/i.test(error.message)
  );
}
