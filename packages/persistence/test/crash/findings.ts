import type { Report } from './journal.ts';

/** What the parent heard, and what follows from it. */
export class Findings {
  readonly saved = new Set<string>();
  readonly dead = new Set<string>();
  readonly removed = new Set<string>();
  /** The highest count of each run that was acknowledged as logged. */
  readonly logged = new Map<string, number>();
  readonly failures: string[] = [];
  appendedVersion = 0;
  drained = 0;
  refused = 0;
  readonly #handling = new Map<string, number>();
  readonly #settled = new Map<string, number>();
  readonly #settledWhenHandled: string[] = [];

  hear(report: Report): void {
    switch (report.what) {
      case 'saved':
        this.saved.add(report.id);
        break;
      case 'handling':
        this.#handling.set(report.id, (this.#handling.get(report.id) ?? 0) + 1);
        if (this.#settled.has(report.id)) this.#settledWhenHandled.push(report.id);
        break;
      case 'settled':
        this.#settled.set(report.id, (this.#settled.get(report.id) ?? 0) + 1);
        break;
      case 'refused':
        this.refused++;
        break;
      case 'logged':
        this.logged.set(report.run, report.count);
        break;
      case 'appended':
        this.appendedVersion = Math.max(this.appendedVersion, report.version);
        break;
      case 'dead':
        this.dead.add(report.id);
        break;
      case 'removed':
        this.removed.add(report.id);
        break;
      case 'failed':
        this.failures.push(report.error);
        break;
      case 'drained':
        this.drained++;
        break;
      case 'ready':
      case 'handled':
        break;
      default:
        report satisfies never;
    }
  }

  /** Acknowledged as stored, and never handled. */
  get lost(): string[] {
    return [...this.saved].filter((id) => !this.#handling.has(id));
  }

  get settledTwice(): string[] {
    return [...this.#settled].filter(([, times]) => times > 1).map(([id]) => id);
  }

  /** Handled again although settled before: cannot be explained. */
  get handledAfterSettling(): readonly string[] {
    return this.#settledWhenHandled;
  }

  /** Handled more than once: a worker died between handling and settling. */
  get duplicates(): number {
    return [...this.#handling.values()].filter((times) => times > 1).length;
  }

  get handled(): number {
    return this.#handling.size;
  }
}
