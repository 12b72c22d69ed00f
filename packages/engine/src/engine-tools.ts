import type { ToolManager } from '@llmgine/tools';

/** What an engine needs of a tool manager. */
export type EngineTools = Pick<ToolManager, 'executeToolCall' | 'getTool' | 'parseToolsToList'>;
