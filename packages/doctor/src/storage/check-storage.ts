import type { StorageConfig } from '@darkslide/server/ports';
import { describeError, diagnoseStorage } from '@darkslide/server/ports';
import { type CheckOptions, type Finding, makeChecks } from '../check.ts';
import { bucketChecks } from './bucket.ts';
import { corsChecks } from './cors.ts';
import { lifecycleChecks } from './lifecycle.ts';
import { linkChecks } from './links.ts';
import { listingChecks } from './listing.ts';
import { multipartChecks } from './multipart.ts';
import { reachChecks } from './reach.ts';
import { Subject, type SubjectOptions } from './subject.ts';

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
