export type { DurationReport } from './duration-histogram.ts';
export { ValidationFailedError, type ValidationIssue } from './errors.ts';
export type { Logger, LogLevel } from './logger.ts';
export { loggingMiddleware, type LoggingMiddlewareOptions } from './logging-middleware.ts';
export { rateLimitMiddleware, type RateLimitMiddlewareOptions } from './rate-limit-middleware.ts';
export { retryMiddleware, type RetryMiddlewareOptions } from './retry-middleware.ts';
export {
  timingMiddleware,
  type TimingMiddleware,
  type TimingMiddlewareOptions,
  type TimingReport,
} from './timing-middleware.ts';
export { validationMiddleware, type ValidationMiddlewareOptions } from './validation-middleware.ts';
export { RateLimitedError } from '@llmgine/core/timing';
