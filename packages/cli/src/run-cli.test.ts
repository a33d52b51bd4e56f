import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import { promisify } from 'node:util';
import type { DefaultKey } from './base/context.ts';
import { runCli } from './run-cli.ts';

const folder = await mkdtemp(join(tmpdir(), 'darkslide-cli-'));
await mkdir(join(folder, 'm.mhl'));
after(() => rm(folder, { recursive: true }));

/** Port 9 is for discarding; nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

async function run(
  args: readonly string[],
  env: Record<string, string> = { DARKSLIDE_API_KEY: 'key-1234' },
  key?: DefaultKey,
) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, { env, stdout, stderr, version: '1.2.3', defaults: { url: NOWHERE, key } });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

describe('wrong use ends with 2, and a hint', () => {
  const uses: [string, string[], RegExp][] = [
    ['an unknown command', ['uplod'], /upload/],
    ['no path', ['upload', '--project', 'x'], /path/],
    ['no project', ['upload', '.'], /--project/],
    ['an unknown flow', ['upload', '.', '--project', 'x', '--flow', 'fast'], /smart-editing/],
    ['no number of transfers', ['upload', '.', '--project', 'x', '--concurrency', '0'], /1 to 256/],
    ['no rate', ['upload', '.', '--project', 'x', '--limit-rate', 'fast'], /20M/],
    ['a path that leads nowhere', ['upload', '/there/is/nothing', '--project', 'x'], /nothing at/],
    ['a manifest without a format', ['upload', '.', '--project', 'x', '--manifest', 'list.txt'], /\.csv/],
    [
      'a manifest where no folder is',
      ['upload', '.', '--project', 'x', '--manifest', '/no/where/m.csv'],
      /\/no\/where/,
    ],
    ['a manifest that is a folder', ['upload', '.', '--project', 'x', '--manifest', `${folder}/m.mhl`], /is a folder/],
    ['no way with duplicates', ['verify', 'x', '.', '--duplicates', 'drop'], /rename/],
    ['a URL that is none', ['upload', '.', '--project', 'x', '--url', 'localhost:8080'], /http/],
  ];
  for (const [name, args, hint] of uses) {
    test(name, async () => {
      const { code, stdout, stderr } = await run(args);
      assert.equal(code, 2);
      assert.match(stderr, hint);
      assert.equal(stdout, '');
    });
  }

  test('no API key', async () => {
    const { code, stderr } = await run(['projects'], {});
    assert.equal(code, 2);
    assert.match(stderr, /DARKSLIDE_API_KEY/);
  });
});

test('--version and --help of every command end with 0', async () => {
  assert.deepEqual(await run(['--version']), { code: 0, stdout: '1.2.3\n', stderr: '' });
  for (const command of [
    [],
    ['upload'],
    ['status'],
    ['verify'],
    ['projects'],
    ['uploads'],
    ['config'],
    ['completion'],
  ]) {
    const { code, stdout } = await run([...command, '--help']);
    assert.equal(code, 0);
    assert.match(stdout, /Usage: darkslide/);
    assert.match(stdout, /Examples?:\n {2}darkslide/);
  }
});

test('a server that is not there is said in one line, and is no wrong use', async () => {
  const { code, stderr } = await run(['projects']);
  assert.equal(code, 1);
  assert.match(stderr, /^http:\/\/127\.0\.0\.1:9 could not be reached: .*\n\(request [0-9a-f]{24}\)\n$/);
});

test('config says where each value comes from, and never the whole key', async () => {
  const { code, stdout } = await run(['config'], {
    DARKSLIDE_API_KEY: 'secret-key-1234',
    DARKSLIDE_URL: 'http://x.test',
  });
  assert.equal(code, 0);
  assert.match(stdout, /http:\/\/x\.test {2}\(DARKSLIDE_URL\)/);
  assert.doesNotMatch(stdout, /secret/);
});

test('a key that nobody named is told by its place, and so is why one was not used', async () => {
  const from = 'the file ./.darkslide/api-key';
  const used = await run(['projects'], {}, { apiKey: 'secret-key-1234', from });
  assert.match(used.stderr, /^With the API key from the file \.\/\.darkslide\/api-key\.\n/);
  const config = await run(['config'], {}, { apiKey: 'secret-key-1234', from });
  assert.match(config.stdout, /\(the file \.\/\.darkslide\/api-key\)/);
  assert.doesNotMatch(used.stderr + config.stdout, /secret/);
  const refused = await run(['projects'], {}, { problem: 'The key in that file is not used.' });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^The key in that file is not used\. There is no API key/);
});

test('what an argument holds is never obeyed by a terminal', async () => {
  for (const args of [['--\nAll 1,000 files arrived'], ['upload', 'no\n\u001b[2J\u202e', '--project', 'x']]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2);
    assert.doesNotMatch(stderr, /^All 1,000/m);
    assert.doesNotMatch(stderr.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  }
});

test('the completion scripts name every command and its options, and shells can read them', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run(['completion', shell]);
    assert.equal(code, 0);
    for (const word of ['upload', 'verify', 'limit-rate', 'manifest']) assert.match(stdout, new RegExp(word));
  }
  const { stdout } = await run(['completion', 'bash']);
  const script = `${stdout}\nCOMP_WORDS=(darkslide up); COMP_CWORD=1; _darkslide; echo "\${COMPREPLY[*]}"`;
  const completed = await promisify(execFile)('bash', ['-c', script]);
  assert.equal(completed.stdout, 'upload uploads\n');
});
