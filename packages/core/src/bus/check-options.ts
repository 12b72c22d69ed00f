import { InvalidOptionsError } from '../errors.ts';
import { createOptionChecker, type OptionChecker } from '../option-checker.ts';
import { messageBusOptionNames, type MessageBusOptions } from './message-bus-options.ts';

type BatchOptions = NonNullable<MessageBusOptions['batch']>;

const batchOptionNames = { size: true, timeoutMs: true } as const;

/** @throws InvalidOptionsError with all problems at once */
export function checkOptions(given: MessageBusOptions): void {
  const check = createOptionChecker('create bus');
  const options = check.options(given, messageBusOptionNames);
  checkParts(check, options);
  check.number('concurrency', options.concurrency, { min: 1, integer: true, infinite: true });
  check.oneOf('reentrancy', options.reentrancy, ['ambient', 'context']);
  check.number('errorHistory', options.errorHistory, { min: 0, integer: true });
  check.number('leaseMs', options.leaseMs, { min: 1 });
  check.boolean('allowNestedRetry', options.allowNestedRetry);
  checkBatchOptions(check, options.batch, 'batch');
  check.done();
}

/** @throws InvalidOptionsError with all problems at once */
export function checkBatch(batch: Required<BatchOptions>): void {
  const check = createOptionChecker('set batch processing');
  const { size, timeoutMs } = checkBatchOptions(check, batch ?? {});
  // Here both are needed: nothing has a default.
  if (size === undefined) check.number('size', null, sizeRule);
  if (timeoutMs === undefined) check.number('timeoutMs', null, timeoutRule);
  check.done();
}

/** @throws InvalidOptionsError */
export function checkDeadline(attempted: string, deadlineMs: number): void {
  const check = createOptionChecker(attempted);
  check.number('deadlineMs', deadlineMs, { min: 0, infinite: true });
  check.done();
}

/** Refuses a part that could only fail later, at every message. @throws InvalidOptionsError */
export function checkPart(attempted: string, part: unknown, method: string): void {
  if (hasMethod(part, method)) return;
  throw new InvalidOptionsError(attempted, [`it takes an object with a method ${method}()`]);
}

const sizeRule = { min: 1, integer: true } as const;
const timeoutRule = { min: 0 } as const;

function checkBatchOptions(
  check: OptionChecker,
  batch: BatchOptions | undefined,
  path?: string,
): BatchOptions {
  const prefix = path === undefined ? '' : `${path}.`;
  const { size, timeoutMs } = check.options(batch, batchOptionNames, path);
  check.number(`${prefix}size`, size, sizeRule);
  check.number(`${prefix}timeoutMs`, timeoutMs, timeoutRule);
  return { ...(size !== undefined && { size }), ...(timeoutMs !== undefined && { timeoutMs }) };
}

/** What every port must have; that it also does what it says is for its contract suite. */
const methodsOfParts = {
  clock: 'monotonic',
  queue: 'enqueue',
  scheduledEvents: 'claimDue',
  eventLog: 'append',
  metrics: 'snapshot',
  signals: 'emit',
} as const satisfies Partial<Record<keyof MessageBusOptions, string>>;

function checkParts(check: OptionChecker, options: MessageBusOptions): void {
  for (const [name, method] of Object.entries(methodsOfParts)) {
    check.methods(name, options[name as keyof MessageBusOptions], [method]);
  }
  for (const name of ['invoker', 'eventInvoker', 'stampMetadata'] as const) {
    check.function(name, options[name]);
  }
  const { messages = [] } = options;
  check.require(
    Array.isArray(messages) && messages.every((known) => hasMethod(known, 'is')),
    'messages must be a list of definitions, made by defineCommand and defineEvent',
  );
}

function hasMethod(part: unknown, method: string): boolean {
  return typeof Object(part)[method] === 'function';
}
