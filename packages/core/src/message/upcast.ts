import type { AnyDefinition, AnyMessage } from './message.ts';
import { InvalidMessageError, NewerMessageVersionError } from './message-errors.ts';

/**
 * Raises a stored message to the version its definition has, one version at a time.
 * @throws NewerMessageVersionError when it was stored by a newer program
 * @throws InvalidMessageError when there is no upcast from one of the versions on the way
 */
export function upcast<M extends AnyMessage>(message: M, definition: AnyDefinition): M {
  const { type, version: known } = definition;
  if (message.version === known) return message;
  if (message.version > known) throw new NewerMessageVersionError(type, message.version, known);

  let { data } = message;
  for (let version = message.version; version < known; version++) {
    const raise = definition.upcast[version];
    if (!raise) {
      const problem = `it was stored as version ${version}, and its definition has no upcast from there`;
      throw new InvalidMessageError(message.kind, type, [{ message: problem }]);
    }
    data = raise(data);
  }
  return { ...message, data, version: known };
}
