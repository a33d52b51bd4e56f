/**
 * What can be asked of a database and a storage before, beside and without a running server: everything that goes
 * wrong in practice, with what to do.
 */
export { checkDatabase } from '../database/check-database.ts';
export { checkStorage } from '../storage/s3/check-storage.ts';
export type { SubjectOptions as StorageQuestions } from '../storage/s3/checks/subject.ts';
export { type Diagnosis, UnusableError } from '../trouble/diagnosis.ts';
export { diagnoseListening } from '../trouble/listening.ts';
export { type Answer, type Check, type CheckOptions, type Finding, makeChecks } from './check.ts';
