import { defineEvent, typeOnly } from '@llmgine/core';
import type {
  ModelCallFinishedData,
  ModelCallStartedData,
  ModelTextDeltaData,
} from '@llmgine/core/vocabulary';

/** A model is about to be called. */
export const ModelCallStartedEvent = defineEvent('model.call.started', {
  data: typeOnly<ModelCallStartedData>(),
});

/** A model call has its outcome. */
export const ModelCallFinishedEvent = defineEvent('model.call.finished', {
  data: typeOnly<ModelCallFinishedData>(),
});

/** A piece of the answer as it streams; may be evicted under pressure. */
export const ModelTextDeltaEvent = defineEvent('model.text.delta', {
  data: typeOnly<ModelTextDeltaData>(),
  lossy: true,
});
