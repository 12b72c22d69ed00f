import { join } from 'node:path';
import { openPersistence } from '@llmgine/persistence';
import { anEvent, temporaryFolder } from '../src/persistence/subjects/message.ts';
const p = await openPersistence({ url: `sqlite:///${join(temporaryFolder(), 'bus.db')}` });
const log = p.eventLog; const event = anEvent();
const turns: number[] = []; let on = true; let last = performance.now();
const look = () => { const now = performance.now(); turns.push(now - last); last = now; if (on) setImmediate(look); };
setImmediate(look);
const t = performance.now();
for (let b = 0; b < 50; b++) { for (let c = 0; c < 2000; c++) void log.append(event); await log.flush(); }
console.log('ms', performance.now() - t);
on = false; turns.sort((a, b) => a - b);
console.log(turns.length, 'p50', turns[turns.length >> 1], 'p99', turns[Math.floor(turns.length * 0.99)], 'over 2ms', turns.filter((x) => x > 2).length, 'longest', turns.slice(-5));
process.exit();
