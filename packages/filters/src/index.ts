export { compositeFilter, type CompositeFilterOptions } from './composite-filter.ts';
export { debugFilter, type DebugFilterOptions } from './debug-filter.ts';
export { eventTypeFilter, type EventTypeFilterOptions } from './event-type-filter.ts';
export type { FilterOptions } from './filter-options.ts';
export type { Membership } from './membership.ts';
export { metadataFilter, type MetadataFilterOptions } from './metadata-filter.ts';
export { patternFilter, type PatternFilterOptions } from './pattern-filter.ts';
export { rateLimitFilter, type RateLimitFilterOptions } from './rate-limit-filter.ts';
export { sessionFilter, type SessionFilterOptions } from './session-filter.ts';
