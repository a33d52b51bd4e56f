import { type CheckOptions, type Finding, makeChecks } from '../../doctor/check.ts';
import { bucketChecks } from './checks/bucket.ts';
import { corsChecks } from './checks/cors.ts';
import { lifecycleChecks } from './checks/lifecycle.ts';
import { linkChecks } from './checks/links.ts';
import { listingChecks } from './checks/listing.ts';
import { multipartChecks } from './checks/multipart.ts';
import { reachChecks } from './checks/reach.ts';
import { Subject, type SubjectOptions } from './checks/subject.ts';
import type { StorageConfig } from './config.ts';
import { diagnoseStorage } from './diagnose.ts';
import { describeError } from './errors.ts';

const AREA = 'Storage';

/**
 * Asks a storage everything that uploads need of it. A few bytes are written under a prefix that no project has, and
 * removed again, however the checks end.
 */
export async function* checkStorage(
  config: StorageConfig,
  options: SubjectOptions & CheckOptions,
): AsyncGenerator<Finding> {
  const subject = new Subject(config, options);
  const checks = [
    ...reachChecks(subject),
    ...bucketChecks(subject),
    ...linkChecks(subject),
    ...listingChecks(subject),
    ...multipartChecks(subject),
    ...corsChecks(subject),
    ...lifecycleChecks(subject),
  ];
  try {
    yield* makeChecks({ area: AREA, checks, diagnose: (error) => diagnoseStorage(error, config) }, options);
    if (!subject.sandbox.isUntouched) yield await cleanUp(subject);
  } finally {
    subject.close();
  }
}

async function cleanUp({ sandbox }: Subject): Promise<Finding> {
  const about = { area: AREA, check: 'clean-up', fixable: false };
  try {
    await sandbox.clear();
    return { ...about, status: 'ok', message: 'All that was written for these checks is removed.' };
  } catch (error) {
    const message = `What was written for these checks is not all removed: delete ${sandbox.prefix} by hand (${describeError(error)}).`;
    return { ...about, status: 'warning', message };
  }
}
