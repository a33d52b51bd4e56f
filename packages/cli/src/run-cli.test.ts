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
import type { ServerActions } from './base/server-actions.ts';
import { runCli } from './run-cli.ts';

const folder = await mkdtemp(join(tmpdir(), 'darkslide-cli-'));
await mkdir(join(folder, 'm.mhl'));
after(() => rm(folder, { recursive: true }));

/** Port 9 is the discard port; nothing listens there. */
const UNREACHABLE = 'http://127.0.0.1:9';

const unexpected = async () => assert.fail('no command of the server was to run');

/** The commands of the server, none of which runs. */
const IDLE: ServerActions = {
  serve: unexpected,
  doctor: unexpected,
  scrubStore: unexpected,
  rebuildStore: unexpected,
  createKey: unexpected,
  listKeys: unexpected,
  revokeKey: unexpected,
  settingsHelp: () => '  DARKSLIDE_PORT  where the API listens',
};

async function run(
  args: readonly string[],
  env: Record<string, string> = { DARKSLIDE_API_KEY: 'key-1234' },
  { key, server = IDLE }: { key?: DefaultKey; server?: ServerActions } = {},
) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const defaults = { url: UNREACHABLE, key };
  const code = await runCli(args, { env, stdout, stderr, version: '1.2.3', defaults, server });
  stdout.end();
  stderr.end();
  return { code, stdout: await text(stdout), stderr: await text(stderr) };
}

describe('wrong use ends with exit code 2 and a hint', () => {
  const uses: [string, string[], RegExp][] = [
    ['an unknown command', ['uplod'], /upload/],
    ['no path', ['upload', '--project', 'x'], /path/],
    ['no project', ['upload', '.'], /--project/],
    ['an unknown flow', ['upload', '.', '--project', 'x', '--flow', 'fast'], /smart-editing/],
    ['an invalid number of transfers', ['upload', '.', '--project', 'x', '--concurrency', '0'], /1 to 256/],
    ['an invalid rate', ['upload', '.', '--project', 'x', '--limit-rate', 'fast'], /20M/],
    [
      'a path that does not exist',
      ['upload', '/there/is/nothing', '--project', 'x'],
      /"\/there\/is\/nothing" does not exist/,
    ],
    ['a manifest without a format', ['upload', '.', '--project', 'x', '--manifest', 'list.txt'], /\.csv/],
    [
      'a manifest in a folder that does not exist',
      ['upload', '.', '--project', 'x', '--manifest', '/no/where/m.csv'],
      /\/no\/where/,
    ],
    ['a manifest that is a folder', ['upload', '.', '--project', 'x', '--manifest', `${folder}/m.mhl`], /is a folder/],
    ['an unknown way to treat duplicates', ['verify', 'x', '.', '--duplicates', 'drop'], /rename/],
    ['an unknown option of the doctor', ['doctor', '--repair'], /--repair/],
    ['an argument that serve does not take', ['serve', 'x'], /too many arguments/],
    ['an origin that is not a URL', ['doctor', '--origin', 'photos'], /https:\/\/photos\.example\.com/],
    ['keys without a command', ['keys'], /Usage: darkslide keys/],
    ['an unknown command of keys', ['keys', 'make'], /unknown command 'make'/],
    ['a key without an account', ['keys', 'create'], /--account/],
    ['an unknown scope', ['keys', 'create', '--account', 'x', '--scope', 'root'], /read, upload, admin/],
    ['a label of two lines', ['keys', 'create', '--account', 'x', '--label', 'a\nb'], /control characters/],
    ['a key that is not named', ['keys', 'revoke'], /key-id/],
    ['store without a command', ['store'], /scrub[\s\S]*rebuild/],
    ['an invalid URL', ['upload', '.', '--project', 'x', '--url', 'localhost:8080'], /http/],
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

const COMMANDS = [
  ...[
    'upload',
    'inspect',
    'status',
    'verify',
    'projects',
    'uploads',
    'delete',
    'config',
    'completion',
    'serve',
    'doctor',
  ],
  ...['store scrub', 'store rebuild', 'keys create', 'keys list', 'keys revoke'],
];

test('--version and --help of every command end with exit code 0', async () => {
  assert.deepEqual(await run(['--version']), { code: 0, stdout: '1.2.3\n', stderr: '' });
  for (const command of ['', ...COMMANDS]) {
    const { code, stdout } = await run([...command.split(' ').filter(Boolean), '--help']);
    assert.equal(code, 0, command);
    assert.match(stdout, new RegExp(`^Usage: darkslide ${command}`));
    assert.match(stdout, /Examples?:\n {2}(DARKSLIDE_\S+ )?darkslide/, command);
  }
});

test('serve --help lists the settings', async () => {
  assert.match((await run(['serve', '--help'])).stdout, /DARKSLIDE_PORT {2}where the API listens/);
});

test('a command of the server gets its flags, and its result is the exit code', async () => {
  const calls: unknown[] = [];
  const record = async (_: unknown, ...args: unknown[]) => {
    calls.push(args.slice(0, -1));
    return 1;
  };
  const server: ServerActions = { ...IDLE, doctor: record, createKey: record, revokeKey: record, scrubStore: record };
  const commands = [
    ['doctor', '--fix', '--origin', 'https://photos.example.com/upload'],
    ['keys', 'create', '--account', 'Studio North', '--json'],
    ['keys', 'revoke', 'abc'],
    ['store', 'scrub'],
  ];
  for (const args of commands) assert.equal((await run(args, {}, { server })).code, 1);
  assert.deepEqual(calls, [
    [{ fix: true, origin: 'https://photos.example.com' }],
    [{ account: 'Studio North', scope: 'admin', json: true }],
    ['abc', {}],
    [{}],
  ]);
});

test('an unreachable server is reported in one line, with exit code 1', async () => {
  const { code, stderr } = await run(['projects']);
  assert.equal(code, 1);
  assert.match(stderr, /^http:\/\/127\.0\.0\.1:9 could not be reached: .*\n\(request [0-9a-f]{24}\)\n$/);
});

test('config prints where each value comes from, and never the whole key', async () => {
  const { code, stdout } = await run(['config'], {
    DARKSLIDE_API_KEY: 'secret-key-1234',
    DARKSLIDE_URL: 'http://x.test',
  });
  assert.equal(code, 0);
  assert.match(stdout, /http:\/\/x\.test {2}\(DARKSLIDE_URL\)/);
  assert.doesNotMatch(stdout, /secret/);
});

test('the source of a key that was not named is printed, and so is why a key was not used', async () => {
  const from = 'the file ./.darkslide/api-key';
  const used = await run(['projects'], {}, { key: { apiKey: 'secret-key-1234', from } });
  assert.match(used.stderr, /^With the API key from the file \.\/\.darkslide\/api-key\.\n/);
  const config = await run(['config'], {}, { key: { apiKey: 'secret-key-1234', from } });
  assert.match(config.stdout, /\(the file \.\/\.darkslide\/api-key\)/);
  assert.doesNotMatch(used.stderr + config.stdout, /secret/);
  const refused = await run(['projects'], {}, { key: { problem: 'The key in that file is not used.' } });
  assert.equal(refused.code, 2);
  assert.match(refused.stderr, /^The key in that file is not used\. There is no API key/);
});

test('a terminal never obeys what an argument contains', async () => {
  for (const args of [['--\nAll 1,000 files uploaded'], ['upload', 'no\n\u001b[2J\u202e', '--project', 'x']]) {
    const { code, stderr } = await run(args);
    assert.equal(code, 2);
    assert.doesNotMatch(stderr, /^All 1,000/m);
    assert.doesNotMatch(stderr.replaceAll('\n', ''), /[\p{Cc}\p{Cf}]/u);
  }
});

test('the completion scripts contain every command and option', async () => {
  for (const shell of ['bash', 'zsh', 'fish']) {
    const { code, stdout } = await run(['completion', shell]);
    assert.equal(code, 0);
    const words = [...COMMANDS.flatMap((command) => command.split(' ')), 'limit-rate', 'manifest', 'origin', 'scope'];
    for (const word of words) assert.match(stdout, new RegExp(word), shell);
  }
});

const TYPED: [typed: string, completed: string][] = [
  ['up', 'upload uploads'],
  ['--ver', '--version'],
  ['upload --lim', '--limit-rate'],
  ['upload x --flow sm', 'smart-editing'],
  ['doctor --or', '--origin'],
  ['keys cr', 'create'],
  ['keys create --sc', '--scope'],
  ['keys create --scope up', 'upload'],
  ['store r', 'rebuild'],
  ['completion fi', 'fish'],
  ['upload keys cr', ''],
];

test('bash completes commands, their commands, options and values', async () => {
  const { stdout: script } = await run(['completion', 'bash']);
  for (const [typed, completed] of TYPED) {
    const words = ['darkslide', ...typed.split(' ')];
    const call = `COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _darkslide; echo "\${COMPREPLY[*]}"`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `${script}\n${call}`]);
    assert.equal(stdout, `${completed}\n`, typed);
  }
});
