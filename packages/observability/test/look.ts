import { createSignalHub } from '@llmgine/core';
import {
  createConsoleHandler,
  createFileHandler,
  createObservabilityManager,
} from '../src/index.ts';
import { aToolChatBus, chatOnce } from './tool-chat.ts';
const signals = createSignalHub();
const bus = aToolChatBus(signals);
const manager = createObservabilityManager({
  handlers: [
    createConsoleHandler({ level: (process.argv[2] ?? 'info') as 'info' }),
    createFileHandler({ logDirectory: '/tmp/looklogs' }),
  ],
});
bus.setObservabilityManager(manager);
await chatOnce(bus);
