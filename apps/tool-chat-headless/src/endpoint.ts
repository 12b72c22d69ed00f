import type { ChatEnvironment } from './environment.ts';
import { UsageError } from './usage-error.ts';

/** Says at once what no endpoint could make good: an address that is none, or a key that no header can carry. @throws UsageError */
export function checkEndpoint({
  apiKey,
  baseUrl,
}: Pick<ChatEnvironment, 'apiKey' | 'baseUrl'>): void {
  if (baseUrl !== undefined) checkAddress(baseUrl);
  if (apiKey !== undefined && !/^[\x21-\x7e]+$/.test(apiKey)) {
    throw new UsageError(
      'OPENAI_API_KEY holds spaces, line breaks or other characters that no key has. Copy it again.',
    );
  }
}

function checkAddress(baseUrl: string): void {
  const { protocol, username, password } = URL.parse(baseUrl) ?? {};
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new UsageError('OPENAI_BASE_URL is no web address. It looks like https://host/v1.');
  }
  if (username || password) {
    throw new UsageError(
      'OPENAI_BASE_URL must hold no user and no password. Give the key in OPENAI_API_KEY.',
    );
  }
}
