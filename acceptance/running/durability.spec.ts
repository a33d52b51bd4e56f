import assert from 'node:assert/strict';
import { it } from 'node:test';
import { type Darkslide, photoBytes, seededRandom } from '@darkslide/testkit';
import { Api, data, type Link, putLink } from '../support/api.ts';
import { type Completed, complete, putParts, settled, start, type Upload } from '../support/multipart.ts';
import { startServer } from '../support/target.ts';

const ROUNDS = 6;
const WRITERS = 6;
const FILES = 60;
const MULTIPART_FILES = 10;

/** Two versions of each file, so that a replaced one may hold either, but no mixture. */
const version = (name: string, number: number) =>
  photoBytes({ seed: `${name} ${number}`, size: 20_000 + ((name.length * 7919 * number) % 200_000) });

/** File names and the version that a 200 was given for. */
type Acknowledged = Map<string, number>;

type Shoot = { project: string; links: Link[]; multiparts: Upload[] };

async function newShoot(api: Api): Promise<Shoot> {
  const project = await api.newProject();
  const names = Array.from({ length: FILES }, (_, index) => ({ file_name: `DSC_${index}.NEF` }));
  const multiparts: Upload[] = [];
  for (let index = 0; index < MULTIPART_FILES; index++) {
    multiparts.push(await start(api, project, { file_name: `HDR_${index}.NEF`, part_count: 1 }));
  }
  return { project, links: await api.uploadLinks(project, names), multiparts };
}

/** Every file twice, with the multipart uploads in between; each job returns what was acknowledged. */
function uploadJobs(api: Api, { links, multiparts }: Shoot): (() => Promise<[name: string, number: number]>)[] {
  const jobs = [1, 2].flatMap((number) =>
    links.map(({ file_name: name, upload_link: url }) => async (): Promise<[string, number]> => {
      const { status } = await putLink(url, version(name, number));
      assert.equal(status, 200);
      return [name, number];
    }),
  );
  for (const [index, upload] of multiparts.entries()) {
    jobs.splice(index * 10, 0, async () => {
      await putParts(upload, { 1: version(upload.fileName, 1) });
      data(await complete(api, upload));
      return [upload.fileName, 1];
    });
  }
  return jobs;
}

/** Uploads with several writers, and kills the server after `killAfter` acknowledgements, in the midst of the others. */
async function uploadUntilKilled(server: Darkslide, shoot: Shoot, killAfter: number): Promise<Acknowledged> {
  const acknowledged: Acknowledged = new Map();
  const jobs = uploadJobs(new Api(server), shoot);
  let count = 0;
  let killed: Promise<void> | undefined;
  const writer = async () => {
    for (let job = jobs.shift(); job && !killed; job = jobs.shift()) {
      try {
        acknowledged.set(...(await job()));
      } catch (error) {
        if (!killed) throw error;
        continue;
      }
      count += 1;
      if (count > killAfter) killed ??= server.kill();
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await (killed ?? server.kill());
  return acknowledged;
}

async function assertWhole(api: Api, { project }: Shoot, acknowledged: Acknowledged): Promise<void> {
  for (const { file_name: name, status, size } of await api.files(project)) {
    const least = acknowledged.get(name) ?? 0;
    if (status === 'pending') {
      assert.equal(least, 0, `${name} was acknowledged and is gone`);
      continue;
    }
    const body = await api.download(project, name);
    assert.equal(body.length, size);
    const found = [1, 2].find((number) => version(name, number).equals(body));
    assert.ok(found, `${name} is whole`);
    assert.ok(found >= least, `${name} went back to an older version`);
  }
}

it('keeps what it acknowledged when it is killed at any moment [L9.5]', { timeout: 180_000 }, async () => {
  const random = seededRandom(20_26);
  const server = await startServer();
  try {
    const api = new Api(server);
    for (let round = 0; round < ROUNDS; round++) {
      const shoot = await newShoot(api);
      const acknowledged = await uploadUntilKilled(server, shoot, Math.floor(random() * FILES * 2));
      await server.start();
      await assertWhole(api, shoot, acknowledged);
      // What was cut off goes on: its upload is open, or its complete had come through.
      for (const upload of shoot.multiparts.filter(({ fileName }) => !acknowledged.has(fileName))) {
        await putParts(upload, { 1: version(upload.fileName, 1) }).catch(() => {});
        const { size } = data<Completed>(await settled(() => complete(api, upload)));
        assert.equal(size, version(upload.fileName, 1).length);
      }
    }
  } finally {
    await server.remove();
  }
});
