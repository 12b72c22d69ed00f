import type { StandardSchemaV1 } from '@standard-schema/spec';
import { AsyncSchemaError, InvalidMessageError } from './message-errors.ts';
import type { CommandOptions, EventOptions } from './message.ts';
import { uncheckedVendor } from './type-only.ts';

/** Checks data against a message's schema and gives it back with its defaults. */
export type ReadData = (data: unknown) => unknown;

/** Keys that could reach an object's prototype when metadata is copied or merged. */
const dangerousKeys = ['__proto__', 'constructor', 'prototype'];

/**
 * Makes the check of one definition.
 * @throws InvalidMessageError, AsyncSchemaError (from the check)
 */
export function createDataReader(
  kind: 'command' | 'event',
  type: string,
  schema: StandardSchemaV1,
): ReadData {
  const standard = schema['~standard'];
  if (standard.vendor === uncheckedVendor) return (data) => (data === undefined ? {} : data);

  return (data) => {
    let checked = validate(data === undefined ? {} : data);
    // Data that was left out stands for an object of defaults, or, where that does not fit, for nothing.
    const isNothing = checked.issues && data === undefined ? validate(undefined) : undefined;
    if (isNothing && !isNothing.issues) checked = isNothing;
    if (checked.issues) throw new InvalidMessageError(kind, type, checked.issues);
    return checked.value;
  };

  function validate(data: unknown): StandardSchemaV1.Result<unknown> {
    const checked = standard.validate(data);
    if (!(checked instanceof Promise)) return checked;
    checked.catch(() => {}); // refused here; its own failure must not crash the process
    throw new AsyncSchemaError(type);
  }
}

/** @throws InvalidMessageError when an option cannot be part of a message */
export function checkOptions(
  kind: 'command' | 'event',
  type: string,
  options: CommandOptions & EventOptions,
): void {
  const issues: StandardSchemaV1.Issue[] = [];
  collectOptionIssues(options, issues);
  if (issues.length > 0) throw new InvalidMessageError(kind, type, issues);
}

const textOptions = ['id', 'sessionId', 'correlationId'] as const;
const instantOptions = ['createdAt', 'scheduledAt'] as const;

function collectOptionIssues(options: EventOptions, issues: StandardSchemaV1.Issue[]): void {
  for (const key of textOptions) {
    const value = options[key];
    if (value !== undefined && (typeof value !== 'string' || value === '')) {
      issues.push({ path: [key], message: 'expected a non-empty string' });
    }
  }
  for (const key of instantOptions) {
    const value = options[key];
    if (value !== undefined && !Number.isFinite(value)) {
      issues.push({ path: [key], message: 'expected an instant in epoch milliseconds' });
    }
  }
  if (options.metadata !== undefined) collectMetadataIssues(options.metadata, issues);
}

function collectMetadataIssues(metadata: unknown, issues: StandardSchemaV1.Issue[]): void {
  if (typeof metadata !== 'object' || metadata === null || Array.isArray(metadata)) {
    issues.push({ path: ['metadata'], message: 'expected an object' });
    return;
  }
  for (const key of dangerousKeys) {
    if (Object.hasOwn(metadata, key)) {
      const message = 'this key is refused, it could reach a prototype';
      issues.push({ path: ['metadata', key], message });
    }
  }
}
