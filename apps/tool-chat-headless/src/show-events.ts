import type { HandlerRegistrar } from '@llmgine/core';
import { ToolChatEngineStatusEvent, ToolOutcomeUnknownEvent } from '@llmgine/engine';
import { ModelCallFinishedEvent, ModelTextDeltaEvent } from '@llmgine/llm';
import {
  ToolApprovalRequestedEvent,
  ToolCallRequestedEvent,
  ToolExecuteResultEvent,
} from '@llmgine/tools';
import type { ChatOutput } from './output/output.ts';

/** Has the events of a session shown as they come. What is on the screen is what was on the bus. */
export function showEvents(session: HandlerRegistrar, output: ChatOutput): void {
  session.registerEventHandler(ToolChatEngineStatusEvent, ({ data }) => output.status(data.status));
  session.registerEventHandler(ModelTextDeltaEvent, ({ data }) => output.delta(data.text));
  session.registerEventHandler(ModelCallFinishedEvent, ({ data }) => output.modelFinished(data));
  session.registerEventHandler(ToolCallRequestedEvent, ({ data }) => output.toolRequested(data));
  session.registerEventHandler(ToolExecuteResultEvent, ({ data }) => output.toolResult(data));
  session.registerEventHandler(ToolApprovalRequestedEvent, ({ data }) =>
    output.approvalRequested(data),
  );
  session.registerEventHandler(ToolOutcomeUnknownEvent, ({ data }) =>
    output.notice(
      `${data.toolName} was running when the program was cut off. Whether it took effect is not known; it was not run again.`,
    ),
  );
}
