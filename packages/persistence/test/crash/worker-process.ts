import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import type { Report } from './journal.ts';

/** How a worker is started. */
export interface WorkerOptions {
  readonly url: string;
  readonly schema: string;
  readonly run: string;
  readonly mode?: 'work' | 'drain' | 'schedule' | 'handle';
  readonly crashAt?: string;
  readonly passes?: number;
  readonly skewMs?: number;
  readonly leaseMs?: number;
  readonly handleMs?: number;
  readonly events?: number;
}

/** Workers start often; what they compile is always the same. */
const compileCache = join(tmpdir(), `llmgine-crash-compile-cache-${process.getuid?.() ?? 0}`);
const file = fileURLToPath(new URL('worker.ts', import.meta.url));

/** A worker in a process of its own. */
export class WorkerProcess {
  readonly child: ChildProcess;
  readonly ended: Promise<void>;
  readonly #ready: Promise<void>;

  constructor(options: WorkerOptions, heard: (report: Report) => void) {
    this.child = spawn(process.execPath, ['--conditions=@llmgine/source', file], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: {
        ...process.env,
        NODE_OPTIONS: '',
        NODE_COMPILE_CACHE: compileCache,
        ...environmentOf(options),
      },
    });
    const lines = createInterface({ input: this.child.stdout! });
    let becameReady!: () => void;
    this.#ready = new Promise((resolve) => (becameReady = resolve));
    lines.on('line', (line) => {
      const report = JSON.parse(line) as Report;
      if (report.what === 'ready') becameReady();
      else heard(report);
    });
    this.ended = Promise.all([once(this.child, 'exit'), once(lines, 'close')]).then(() => {});
  }

  /** Resolves when it works, or has ended. */
  async ready(): Promise<void> {
    await Promise.race([this.#ready, this.ended]);
  }

  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

function environmentOf(options: WorkerOptions): Record<string, string> {
  const { url, schema, run, mode = 'work', crashAt, passes = 1 } = options;
  const { skewMs = 0, leaseMs = 250, handleMs = 1, events = Infinity } = options;
  return {
    CRASH_URL: url,
    CRASH_SCHEMA: schema,
    CRASH_RUN: run,
    CRASH_MODE: mode,
    ...(crashAt && { CRASH_AT: crashAt }),
    CRASH_PASSES: String(passes),
    CRASH_SKEW_MS: String(skewMs),
    CRASH_LEASE_MS: String(leaseMs),
    CRASH_HANDLE_MS: String(handleMs),
    CRASH_EVENTS: String(events),
  };
}
