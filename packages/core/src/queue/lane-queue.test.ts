import { describeEventQueueContract } from '@llmgine/testing/contracts';
import { createLaneQueue } from './lane-queue.ts';

describeEventQueueContract('lanes without a bound', () => ({ queue: createLaneQueue() }));
