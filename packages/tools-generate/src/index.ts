export { GenerateError, type SourceProblem } from './generate-error.ts';
export { defaultOut, generateTools, type GenerateOptions } from './generate-tools.ts';
