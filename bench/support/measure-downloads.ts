import assert from 'node:assert/strict';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Darkslide, fileMd5, temporaryFolder } from '@darkslide/testkit';
import { type Cost, interleave } from './cost.ts';
import { type Command, measureCommand } from './measure-command.ts';
import type { Peers } from './peers.ts';
import { makePhotoSet, type PhotoSet } from './photo-set.ts';
import { readSummary } from './summary.ts';
import { darkslideDownload, darkslideUpload } from './upload-commands.ts';

const PROJECT = 'bench';

/** Our client and every peer fetch the same photos from one embedded store, in turn; every fetched byte is checked. */
export async function measureDownloads({
  count,
  size,
  rounds,
  peers,
}: {
  count: number;
  size: number;
  rounds: number;
  peers: Peers['found'];
}): Promise<{ costs: Record<string, Cost>; bytes: number }> {
  await using set = await makePhotoSet({ count, size });
  const server = await Darkslide.start();
  try {
    const prefix = await uploadSet(server, set);
    const { apiUrl, apiKey, s3 } = server;
    const sides: Record<string, () => Promise<Cost>> = {
      darkslide: () =>
        measureDownload(set, 'darkslide', (folder) => darkslideDownload({ apiUrl, apiKey, folder, project: PROJECT })),
    };
    for (const { name, fetch } of peers) {
      sides[name] = () => measureDownload(set, name, (folder) => fetch({ s3, prefix, folder }));
    }
    return { costs: await interleave(sides, { rounds }), bytes: set.bytes };
  } finally {
    await server.remove();
  }
}

/** Returns the prefix under which the store has the files. */
async function uploadSet({ apiUrl, apiKey }: Darkslide, { folder, photos }: PhotoSet): Promise<string> {
  await using state = await temporaryFolder('darkslide-bench-state');
  const { stdout } = await measureCommand(
    darkslideUpload({ apiUrl, apiKey, folder, project: PROJECT, state: state.path }),
  );
  assert.equal(readSummary(stdout).successful, photos.length);
  return (JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as { project_uuid: string }).project_uuid;
}

async function measureDownload(set: PhotoSet, side: string, command: (folder: string) => Command): Promise<Cost> {
  await using temporary = await temporaryFolder('darkslide-bench-fetched');
  const folder = join(temporary.path, 'fetched');
  await mkdir(folder);
  const cost = await measureCommand(command(folder));
  assert.equal((await readdir(folder)).length, set.photos.length, `${side}: not all files are there`);
  for (const { name, md5 } of set.photos) {
    assert.equal((await fileMd5(join(folder, name))).hex, md5, `${side}: ${name} has other content`);
  }
  return cost;
}
