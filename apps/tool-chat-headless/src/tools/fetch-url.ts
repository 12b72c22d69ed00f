import { lookup as systemLookup } from 'node:dns';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { defineTool, jsonSchema, type Tool } from '@llmgine/tools';
import { isPublicAddress } from './private-address.ts';
import { readableText } from './readable-text.ts';

const MAX_REDIRECTS = 5;
const MAX_BYTES = 1_000_000;
const TIMEOUT_MS = 15_000;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** Where names come from and where requests may go. */
export interface FetchUrlOptions {
  /** @default the system's */
  readonly lookup?: typeof systemLookup;
  /** @default isPublicAddress */
  readonly mayReach?: (address: string) => boolean;
}

interface Page {
  readonly url: string;
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
  readonly truncated?: true;
}

/** Makes the tool that reads a public page. Addresses are checked where the connection is made, on every redirect anew. */
export function createFetchUrl(options: FetchUrlOptions = {}): Tool {
  const pages = new PublicPages(options);
  return defineTool({
    name: 'fetch_url',
    description: 'Reads a page of the public web over http or https and gives its text.',
    effect: 'idempotent', // a request may be counted, and tells the address to its owner
    timeoutMs: TIMEOUT_MS,
    input: jsonSchema<{ readonly url: string }>({
      type: 'object',
      properties: { url: { type: 'string', description: 'http or https address', minLength: 1 } },
      required: ['url'],
      additionalProperties: false,
    }),
    execute: ({ url }, { signal }) => pages.read(url, signal),
  });
}

class PublicPages {
  readonly #lookup: typeof systemLookup;
  readonly #mayReach: (address: string) => boolean;

  constructor({ lookup = systemLookup, mayReach = isPublicAddress }: FetchUrlOptions) {
    this.#lookup = lookup;
    this.#mayReach = mayReach;
  }

  async read(given: string, signal: AbortSignal): Promise<Page> {
    let url = this.#checkedUrl(given);
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await this.#open(url, signal);
      const { statusCode: status = 0, headers } = response;
      if (!REDIRECTS.has(status) || headers.location === undefined) return readPage(url, response);
      response.destroy();
      url = this.#checkedUrl(new URL(headers.location, url).href);
    }
    throw new Error(`'${given}' redirects more than ${MAX_REDIRECTS} times.`);
  }

  #checkedUrl(given: string): URL {
    if (!URL.canParse(given)) throw new Error(`'${given}' is no URL.`);
    const url = new URL(given);
    if (url.protocol !== 'http:' && url.protocol !== 'https:') {
      throw new Error(`Only http and https are read, not '${url.protocol}'.`);
    }
    if (url.username !== '' || url.password !== '') {
      throw new Error('A URL with a user or password is refused.');
    }
    const host = url.hostname.replaceAll(/^\[|\]$/g, '');
    if (isIP(host) !== 0 && !this.#mayReach(host)) throw new Error(refusal(url.hostname));
    return url;
  }

  #open(url: URL, signal: AbortSignal): Promise<IncomingMessage> {
    const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const lookup: LookupFunction = (hostname, options, callback) =>
      this.#checkedLookup(hostname, options.all === true, callback);
    return new Promise((resolve, reject) => {
      const headers = { 'user-agent': 'llmgine-chat', accept: 'text/*, application/json;q=0.9' };
      request(url, { signal, lookup, agent: false, headers }, resolve).on('error', reject).end();
    });
  }

  /** The connection goes to exactly the addresses that were checked, so a name cannot change its mind in between. */
  #checkedLookup(hostname: string, all: boolean, callback: Parameters<LookupFunction>[2]): void {
    this.#lookup(hostname, { all: true }, (error, addresses) => {
      if (error) {
        callback(error, []);
        return;
      }
      const [first] = addresses;
      if (!first || !addresses.every(({ address }) => this.#mayReach(address))) {
        callback(new Error(refusal(hostname)), []);
        return;
      }
      if (all) callback(null, addresses);
      else callback(null, first.address, first.family);
    });
  }
}

function refusal(host: string): string {
  return `'${host}' is not on the public internet; private and local addresses are refused.`;
}

async function readPage(url: URL, response: IncomingMessage): Promise<Page> {
  const { statusCode: status = 0, headers } = response;
  const contentType = headers['content-type'] ?? '';
  if (!/^$|text\/|json|xml|javascript/i.test(contentType)) {
    response.destroy();
    throw new Error(`'${url.href}' is ${contentType}, which is no text.`);
  }
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of response as AsyncIterable<Buffer>) {
    pieces.push(piece);
    size += piece.length;
    if (size > MAX_BYTES) break;
  }
  const text = Buffer.concat(pieces).subarray(0, MAX_BYTES).toString('utf8');
  return {
    url: url.href,
    status,
    contentType,
    text: /html/i.test(contentType) ? readableText(text) : text,
    ...(size > MAX_BYTES && { truncated: true }),
  };
}
