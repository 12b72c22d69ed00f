import type { HandlerFailure } from '../signals/bus-signal.ts';

/** What became of a published event. */
export type PublishReceipt =
  /** All its handlers have settled. */
  | { readonly status: 'processed'; readonly failures: readonly HandlerFailure[] }
  /** Accepted; its handlers will run. */
  | { readonly status: 'queued' }
  /** Held until `scheduledAt`. `alreadyHeld`: an event of this id was held before and stays as it was; this one is not. */
  | { readonly status: 'scheduled'; readonly scheduledAt: number; readonly alreadyHeld?: true }
  /** Refused by a filter. */
  | { readonly status: 'filtered'; readonly filter: string }
  /** Not handled, and will not be. */
  | {
      readonly status: 'dropped';
      readonly reason: 'queue-full' | 'evicted' | 'aborted' | 'stopped';
    };
