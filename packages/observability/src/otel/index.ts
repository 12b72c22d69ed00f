export { attribute, metricName } from './attributes.ts';
export {
  createOpenTelemetryHandler,
  type OpenTelemetryHandlerOptions,
} from './open-telemetry-handler.ts';
export { readTraceHeaders, stampTraceHeaders, type TraceHeadersOptions } from './trace-headers.ts';
