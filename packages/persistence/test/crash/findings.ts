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
  readonly #settledEpoch = new Map<string, number>();
  readonly #claimedEpochs = new Map<string, number[]>();

  hear(report: Report): void {
    switch (report.what) {
      case 'saved':
        this.saved.add(report.id);
        break;
      case 'claimed':
        this.#claimedEpochs.set(report.id, [
          ...(this.#claimedEpochs.get(report.id) ?? []),
          report.epoch,
        ]);
        break;
      case 'handling':
        this.#handling.set(report.id, (this.#handling.get(report.id) ?? 0) + 1);
        break;
      case 'settled':
        this.#settled.set(report.id, (this.#settled.get(report.id) ?? 0) + 1);
        this.#settledEpoch.set(report.id, report.epoch);
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

  /**
   * Given out again after it was settled, or twice in one epoch: cannot be explained. Told by the epochs, which the
   * database counts: a worker that was held up beyond its lease may begin late what another has settled meanwhile.
   */
  get claimedAfterSettling(): string[] {
    return [...this.#claimedEpochs]
      .filter(([id, epochs]) => {
        const settledIn = this.#settledEpoch.get(id) ?? Infinity;
        return new Set(epochs).size < epochs.length || epochs.some((epoch) => epoch > settledIn);
      })
      .map(([id]) => id);
  }

  /** Handled more than once: a worker died, or was held up beyond its lease, between claiming and settling. */
  get duplicates(): number {
    return [...this.#handling.values()].filter((times) => times > 1).length;
  }

  get handled(): number {
    return this.#handling.size;
  }
}
