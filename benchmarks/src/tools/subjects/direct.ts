import type { Prepared } from '../../case.ts';
import { tellWeather, weatherArguments, weatherSchema } from './weather.ts';

/** The work alone: `JSON.parse`, zod, the awaited tool. */
export function direct(): Prepared {
  return {
    async run(operations) {
      for (let index = 0; index < operations; index++) {
        const checked = weatherSchema.safeParse(JSON.parse(weatherArguments));
        if (checked.success) await tellWeather(checked.data);
      }
    },
  };
}
