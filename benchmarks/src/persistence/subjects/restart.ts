import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventMessage } from '@llmgine/core';
import { openPersistence } from '@llmgine/persistence';
import type { Prepared } from '../../case.ts';
import { anEvent, temporaryFolder } from './message.ts';

const EVENTS = 100_000;

function someEvents(): EventMessage[] {
  return Array.from({ length: EVENTS }, (_, index) => anEvent(4e12 + index));
}

/** Saves them, closes, opens again and reads them all back. */
export function persistence(): Prepared {
  const folder = temporaryFolder();
  const events = someEvents();
  let turn = 0;
  return {
    step: EVENTS,
    async run(operations) {
      for (let done = 0; done < operations; done += EVENTS) {
        const url = `sqlite:///${join(folder, `${turn++}.db`)}`;
        const before = await openPersistence({ url });
        await before.scheduledEvents.save(events);
        await before.close();
        const after = await openPersistence({ url });
        const held: EventMessage[] = [];
        for await (const { event } of after.scheduledEvents.list()) held.push(event);
        await after.close();
        if (held.length !== EVENTS) throw new Error(`${held.length} came back`);
      }
    },
  };
}

/** Writes and reads one JSON file. */
export function jsonFile(): Prepared {
  const folder = temporaryFolder();
  const events = someEvents();
  let turn = 0;
  return {
    step: EVENTS,
    run(operations) {
      for (let done = 0; done < operations; done += EVENTS) {
        const file = join(folder, `${turn++}.json`);
        writeFileSync(file, JSON.stringify(events), { flush: true });
        const held = JSON.parse(readFileSync(file, 'utf8')) as EventMessage[];
        if (held.length !== EVENTS) throw new Error(`${held.length} came back`);
      }
    },
  };
}
