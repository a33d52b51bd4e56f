/**
 * Every check of a database and a storage: what goes wrong in practice, with what to do. The checks run before, beside
 * and without a server.
 */
export { type Check, type CheckOptions, type Finding, makeChecks, type Outcome } from './check.ts';
export { checkDatabase } from './database.ts';
export { checkStorage } from './storage/check-storage.ts';
export type { SubjectOptions as StorageQuestions } from './storage/subject.ts';
