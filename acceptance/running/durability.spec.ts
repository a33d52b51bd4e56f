import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Darkslide, photoBytes, request, seededRandom } from '@darkslide/testkit';
import { Api, data, putLink } from '../support/api.ts';
import { type Completed, complete, putParts, start, type Upload } from '../support/multipart.ts';

const ROUNDS = 6;
const WRITERS = 6;
const FILES = 60;

/** Two versions of each file, so that a replaced one may hold either, but no mixture. */
const version = (name: string, number: number) =>
  photoBytes({ seed: `${name} ${number}`, size: 20_000 + ((name.length * 7919 * number) % 200_000) });

it('keeps what it acknowledged when it is killed at any moment [L9.5]', { timeout: 180_000 }, async () => {
  const random = seededRandom(20_26);
  const server = await Darkslide.start();
  try {
    const api = new Api(server);
    for (let round = 0; round < ROUNDS; round++) {
      const project = await api.newProject();
      const names = Array.from({ length: FILES }, (_, index) => `DSC_${round}_${index}.NEF`);
      const links = await api.uploadLinks(
        project,
        names.map((name) => ({ file_name: name })),
      );
      const multiparts: Upload[] = [];
      for (let index = 0; index < 10; index++) {
        multiparts.push(await start(api, project, { file_name: `M_${round}_${index}.NEF`, part_count: 1 }));
      }

      /** The version of each file that a 200 was given for, and whether a later one was begun. */
      const acknowledged = new Map<string, number>();
      const completed = new Set<string>();
      let acknowledgements = 0;
      const killAfter = Math.floor(random() * FILES * 2);
      let killed: Promise<void> | undefined;
      const counted = () => {
        acknowledgements += 1;
        if (acknowledgements > killAfter) killed ??= server.kill();
      };
      const jobs: (() => Promise<void>)[] = [1, 2].flatMap((number) =>
        links.map(({ file_name: name, upload_link: url }) => async () => {
          const { status } = await putLink(url, version(name, number));
          if (status !== 200) return;
          acknowledged.set(name, number);
          counted();
        }),
      );
      for (const [index, upload] of multiparts.entries()) {
        jobs.splice(index * 10, 0, async () => {
          await putParts(upload, { 1: version(upload.fileName, 1) });
          const { size } = data<Completed>(await complete(api, upload));
          assert.equal(size, version(upload.fileName, 1).length);
          completed.add(upload.fileName);
          counted();
        });
      }
      // A failed job is a request that the kill cut off: nothing was acknowledged.
      const writer = async () => {
        for (let job = jobs.shift(); job && !killed; job = jobs.shift()) await job().catch(() => {});
      };
      await Promise.all(Array.from({ length: WRITERS }, writer));
      await (killed ?? server.kill());
      await server.start();

      const files = await api.files(project);
      for (const { file_name: name, status, size } of files) {
        const least = acknowledged.get(name) ?? (completed.has(name) ? 1 : 0);
        if (status === 'pending') {
          assert.equal(least, 0, `${name} was acknowledged and is gone`);
          continue;
        }
        const { download_link: url } = await api.file(project, name);
        const { body } = await request({ url: url as string });
        assert.equal(body.length, size);
        const found = [1, 2].find((number) => version(name, number).equals(body));
        assert.ok(found, `${name} is whole`);
        assert.ok(found >= least, `${name} went back to an older version`);
      }
      for (const upload of multiparts.filter(({ fileName }) => !completed.has(fileName))) {
        await putParts(upload, { 1: version(upload.fileName, 1) }).catch(() => {});
        data(await complete(api, upload));
      }
    }
  } finally {
    await server.remove();
  }
});
