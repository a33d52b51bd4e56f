import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { runCli } from './run-cli.ts';

let folder = '';
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'darkslide-cli-'));
});
after(() => rm(folder, { recursive: true }));

/** Port 9 is for discarding; nobody listens there. */
const NOWHERE = 'http://127.0.0.1:9';

async function run(args: readonly string[], env: Record<string, string> = { DARKSLIDE_API_KEY: 'key-1234' }) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await runCli(args, { env, stdout, stderr, version: '1.2.3', defaults: { url: NOWHERE } });
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
  }
});

describe('--dry-run', () => {
  test('says what would be sent, without asking anyone', async () => {
    await writeFile(join(folder, 'IMG_2.jpg'), 'two');
    await writeFile(join(folder, 'IMG_10.jpg'), 'three');
    await writeFile(join(folder, 'notes.txt'), 'no photo');
    const { code, stdout } = await run(['upload', folder, '--project', 'x', '--dry-run']);
    assert.equal(code, 0);
    const lines = stdout.trim().split('\n');
    assert.match(lines[0] ?? '', /^IMG_2\.jpg {2}3 B/);
    assert.match(lines[1] ?? '', /^IMG_10\.jpg {2}5 B/);
    assert.match(lines[2] ?? '', /^Would send 2 files, 8 B; 1 file left out/);
  });

  test('ends with 1 where a file could not be sent', async () => {
    await writeFile(join(folder, 'empty.jpg'), '');
    const { code, stdout } = await run(['upload', folder, '--project', 'x', '--dry-run', '--json']);
    assert.equal(code, 1);
    const records = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    assert.deepEqual(records.at(-1), { type: 'plan', files: 2, bytes: 8, failed: 1 });
    await rm(join(folder, 'empty.jpg'));
  });
});

test('a server that is not there is said in one line, and is no wrong use', async () => {
  const { code, stderr } = await run(['projects']);
  assert.equal(code, 1);
  assert.match(stderr, /^http:\/\/127\.0\.0\.1:9 could not be reached: .*\n$/);
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
