/** How long an answer asks to wait, whatever its length. `now` is epoch milliseconds, for dates. */
export function retryAfterOf(headers: Headers, now: number): number | undefined {
  const milliseconds = headers.get('retry-after-ms');
  if (milliseconds !== null && isAmount(milliseconds)) return Math.ceil(Number(milliseconds));

  const value = headers.get('retry-after');
  if (value === null || value.trim() === '') return undefined;
  if (isAmount(value)) return Math.ceil(Number(value) * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}

function isAmount(text: string): boolean {
  return text.trim() !== '' && Number.isFinite(Number(text)) && Number(text) >= 0;
}
