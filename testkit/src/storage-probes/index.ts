import type { S3Access } from '../darkslide.ts';
import { bucketProbes } from './bucket.ts';
import { linkProbes } from './links.ts';
import { multipartProbes } from './multipart.ts';
import { objectProbes } from './objects.ts';
import { Storage } from './storage.ts';

const PROBES = { Links: linkProbes, Objects: objectProbes, Multipart: multipartProbes, Bucket: bucketProbes };

export type Finding = { topic: string; question: string; answer: string };

/** Asks a storage everything in which S3s differ and that matters to uploads. Changes its bucket's CORS and lifecycle. */
export async function probeStorage(access: S3Access): Promise<Finding[]> {
  const storage = new Storage(access);
  const findings: Finding[] = [];
  try {
    for (const [topic, probes] of Object.entries(PROBES)) {
      for (const { question, ask } of probes) findings.push({ topic, question, answer: await ask(storage) });
    }
    return findings;
  } finally {
    storage.close();
  }
}
