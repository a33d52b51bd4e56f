import { startPostgres } from '@darkslide/testkit';
import * as manyFiles from './support/many-files.ts';

export const description = `many-files, with PostgreSQL: ${manyFiles.description}`;
export const { target } = manyFiles;

export async function run() {
  const postgres = await startPostgres({ durable: true });
  try {
    return await manyFiles.measureManyFiles(postgres);
  } finally {
    await postgres.remove();
  }
}
