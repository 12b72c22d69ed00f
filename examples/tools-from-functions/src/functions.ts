/**
 * Tells the weather of a city on a day.
 * @param city The city's name.
 * @param units Which degrees.
 * @param day The day; today if left out.
 * @name get_weather
 * @effect read
 */
export function getWeather(
  city: string,
  units: 'celsius' | 'fahrenheit' = 'celsius',
  day?: Date,
): string {
  const degrees = units === 'celsius' ? '22 °C' : '72 °F';
  const when = day ? ` on ${day.toISOString().slice(0, 10)}` : '';
  return `The weather in ${city}${when} is sunny and ${degrees}.`;
}

/**
 * Books a table at a restaurant.
 * @name book_table
 */
export function bookTable({
  restaurant,
  guests,
}: {
  restaurant: string;
  /** How many people come. */
  guests: number;
}): { booked: boolean; text: string } {
  return { booked: true, text: `${guests} at ${restaurant}` };
}
