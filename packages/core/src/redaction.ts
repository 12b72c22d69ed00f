export { createRedactor, type Redactor, type RedactorOptions } from './redaction/redactor.ts';
export { isSecretName } from './redaction/secret-names.ts';
export { secretPatterns } from './redaction/secret-patterns.ts';
