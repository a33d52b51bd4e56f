import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { Darkslide, pinnedNode, root, run } from '@darkslide/testkit';

const read = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the Dockerfile', () => {
  const steps = [...read('Dockerfile').matchAll(/^([A-Z]+) (.*)$/gm)].map(([, name = '', text = '']) => ({
    name,
    text,
  }));
  const texts = (name: string) => steps.filter((step) => step.name === name).map(({ text }) => text);
  const arrayOf = (text: string | undefined) => JSON.parse((text ?? '').replace(/^.*?CMD (?=\[)/, '')) as string[];

  it('does what the README says, and runs what npm start runs [L9.4]', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: { start: string } };
    assert.ok(read('README.md').includes('npm ci && npm start'));
    assert.match(texts('RUN')[0] ?? '', /^npm ci && npm run pack && /);
    assert.deepEqual(arrayOf(texts('CMD')[0]), scripts.start.split(' '));
  });

  it('runs as an ordinary user and keeps its data in a volume', () => {
    assert.deepEqual(texts('USER'), ['node']);
    const [volume = ''] = texts('VOLUME');
    assert.ok(texts('ENV').some((text) => text.split(' ').includes(`DARKSLIDE_DATA_DIR=${volume}`)));
    assert.ok(texts('RUN').some((text) => text.includes(`chown node:node ${volume}`)));
  });

  it('asks whether it is ready, as an exit code [L9.2]', async () => {
    const [, ...args] = arrayOf(texts('HEALTHCHECK')[0]);
    const server = await Darkslide.start();
    try {
      const check = () => run(pinnedNode(), args, { env: { DARKSLIDE_PORT: new URL(server.apiUrl).port } });
      assert.equal((await check()).code, 0);
      await server.kill();
      assert.equal((await check()).code, 1);
    } finally {
      await server.remove();
    }
  });

  it('takes along all that is in the repository, and nothing that is made from it', () => {
    const ignored = read('.dockerignore').trim().split('\n');
    for (const made of ['.git', 'node_modules', '**/node_modules', '.darkslide', 'build', '.cache']) {
      assert.ok(ignored.includes(made), made);
    }
    for (const kept of ['package-lock.json', 'packages', 'testkit']) assert.ok(!ignored.includes(kept), kept);
  });
});

describe('the systemd unit', () => {
  const unit = read('deploy/systemd/darkslide.service');
  const value = (name: string) => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)?.[1];

  it('does not start again what is configured wrongly [L9.8]', async () => {
    const server = await Darkslide.prepare({ env: { DARKSLIDE_PORT: 'eighty' } });
    try {
      assert.equal(String(await server.spawn()), value('RestartPreventExitStatus'));
    } finally {
      await server.remove();
    }
  });
});
