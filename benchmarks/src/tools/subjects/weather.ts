import { z } from 'zod';

/** What every subject validates and runs. */
export const weatherSchema = z.object({
  city: z.string(),
  units: z.enum(['celsius', 'fahrenheit']).default('celsius'),
  days: z.number().int().min(1).max(14),
  tags: z.array(z.string()),
});

/** What models send. */
export const weatherArguments = JSON.stringify({
  city: 'Paris',
  units: 'celsius',
  days: 3,
  tags: ['morning', 'evening'],
});

/** The tool itself. */
export async function tellWeather({ city, days }: { city: string; days: number }): Promise<string> {
  return `The weather in ${city} is sunny for ${days} days.`;
}
