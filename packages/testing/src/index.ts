export { createFakeClock, type FakeClock } from './fake-clock.ts';
export { createRecordedSignals, type RecordedSignals } from './recorded-signals.ts';
