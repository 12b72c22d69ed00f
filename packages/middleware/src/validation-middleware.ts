import {
  createOptionChecker,
  failed,
  toError,
  type AnyDefinition,
  type AnyMessage,
  type CommandMiddleware,
  type EventMiddleware,
  type OptionNames,
} from '@llmgine/core';
import { ValidationFailedError, type ValidationIssue } from './errors.ts';
import { passOnEvent, passOnResult } from './pass-on.ts';

/** What to look at besides the data. */
export interface ValidationMiddlewareOptions {
  /**
   * Refuses messages whose session id is empty.
   * @default true
   */
  readonly sessionId?: boolean | undefined;
}

const optionNames: OptionNames<ValidationMiddlewareOptions> = { sessionId: true };

/**
 * Makes middleware that checks messages which were not made by their definition here, such as those that came over a
 * wire or out of a store: data against the definition's schema, and the ids. It refuses; it changes nothing.
 * @throws InvalidOptionsError
 */
export function validationMiddleware(
  options: ValidationMiddlewareOptions = {},
): CommandMiddleware & EventMiddleware {
  checkOptions(options);
  const checksSession = options.sessionId ?? true;

  return {
    name: 'validation',
    aroundCommand({ command, definition }) {
      const error = problemOf(command, definition);
      return error ? Promise.resolve(failed(error, command.id)) : passOnResult;
    },
    aroundEvent({ event, definition }) {
      const error = problemOf(event, definition);
      return error ? Promise.reject(error) : passOnEvent;
    },
  };

  function problemOf(message: AnyMessage, definition: AnyDefinition): Error | undefined {
    const data = dataIssues(message, definition);
    const idsFit = !isEmpty(message.id) && !(checksSession && isEmpty(message.sessionId));
    if (idsFit && data === none) return undefined;
    return new ValidationFailedError(message.type, [...idIssues(message), ...data]);
  }

  function* idIssues({ id, sessionId }: AnyMessage): Generator<ValidationIssue> {
    if (isEmpty(id)) yield { path: 'id', message: 'expected a non-empty string' };
    if (checksSession && isEmpty(sessionId)) {
      yield { path: 'sessionId', message: 'expected a non-empty string' };
    }
  }
}

/** The issues of data that fits. */
const none: readonly ValidationIssue[] = [];

function dataIssues(message: AnyMessage, definition: AnyDefinition): readonly ValidationIssue[] {
  try {
    const checked = definition.data['~standard'].validate(message.data);
    if (checked instanceof Promise) {
      checked.catch(() => {}); // refused here; its own failure must not crash the process
      return [{ path: 'data', message: 'its schema validates asynchronously' }];
    }
    if (!checked.issues) return none;
    return checked.issues.map(({ path = [], message: problem }: SchemaIssue) => ({
      path: ['data', ...path.map(keyOf)].join('.'),
      message: problem,
    }));
  } catch (thrown) {
    return [{ path: 'data', message: `its schema threw: ${toError(thrown).message}` }];
  }
}

interface SchemaIssue {
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[];
  readonly message: string;
}

function keyOf(segment: PropertyKey | { readonly key: PropertyKey }): string {
  return String(typeof segment === 'object' ? segment.key : segment);
}

function isEmpty(id: unknown): boolean {
  return typeof id !== 'string' || id === '';
}

function checkOptions(given: ValidationMiddlewareOptions): void {
  const check = createOptionChecker('create validation middleware');
  const { sessionId } = check.options(given, optionNames);
  check.boolean('sessionId', sessionId);
  check.done();
}
