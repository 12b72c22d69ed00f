// oxlint-disable max-params -- functions as an application may have them
export type Units = 'celsius' | 'fahrenheit';

export type Level = 0 | 'high';

interface Address {
  /** The street and number. */
  street: string;
  zip?: number;
  tags: readonly string[];
  parent?: Address;
}

/**
 * Tells the weather of a city.
 * @param city The city’s name.
 * @param units Which degrees.
 * @effect read
 * @timeoutMs 5000
 */
export function getWeather(city: string, units: Units = 'celsius', days = 1): string {
  return `${city} ${units} ${days}`;
}

/**
 * Books a visit.
 * @name book_visit
 * @param when - When it begins.
 */
export async function bookVisit(
  when: Date,
  address: Address,
  level: Level,
  range?: { from: Date; to: Date | null },
  others?: Date[],
): Promise<object> {
  const { from, to } = range ?? {};
  return {
    when: when.getTime(),
    street: address.street,
    level,
    from: from?.getTime(),
    to: to?.getTime() ?? null,
    others: others?.map((each) => each.getTime()),
  };
}

/** Adds numbers. @effect read */
export const add = ({ a, b = 2 }: { a: number; b?: number }): number => a + b;

/** Tells the time. */
export function tell(
  point: readonly [number, number],
  counts: Record<string, number>,
  partial?: Partial<Address>,
  mixed?: string | number | null,
): string {
  return JSON.stringify({ point, counts, partial, mixed });
}

/** @internal */
export function notATool(callback: () => void): void {
  callback();
}

export const someValue = 3;
