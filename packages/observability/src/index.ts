export {
  createConsoleHandler,
  createConsoleHandler as createSyncConsoleHandler,
  type ConsoleHandlerOptions,
} from './console/console-handler.ts';
export {
  createFileHandler,
  createFileHandler as createSyncFileHandler,
  type FileHandler,
  type FileHandlerOptions,
} from './file/file-handler.ts';
export {
  healthHandler,
  type HealthHandler,
  type HealthHandlerOptions,
} from './health/health-handler.ts';
export {
  createHealthMonitor,
  type HealthMonitor,
  type HealthMonitorOptions,
  type HealthReport,
} from './health/health-monitor.ts';
export type { ObservabilityHandler } from './manager/observability-handler.ts';
export {
  createObservabilityManager,
  type ObservabilityManager,
  type ObservabilityManagerOptions,
} from './manager/observability-manager.ts';
export { logLevels, type LogLevel } from './records/log-level.ts';
export type { LogRecord } from './records/log-record.ts';
