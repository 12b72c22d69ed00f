/** Where a bus is in its life. */
export type BusPhase = 'idle' | 'running' | 'stopping' | 'stopped';
