/**
 * `npm run acceptance -- [--profile smoke|core|wire|full] [--stack embedded|production|seaweedfs | --target URL …] [PATTERN…]`:
 * runs the specs against one server that it starts, or against a running one. Patterns are parts of file names and narrow the profile.
 */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import { parseArgs } from 'node:util';
import {
  type StackKind,
  stackKinds,
  startStack,
  TARGET_VARIABLE,
  type Target,
  temporaryFolder,
  writeTarget,
} from '@darkslide/testkit';

const HERE = import.meta.dirname;

/** What each profile runs: beginnings of file names. */
const PROFILES = {
  /** A minute: does it work at all. */
  smoke: ['api/conventions', 'api/put', 'running/health'],
  /** The whole API, the running server and the command line. */
  core: ['api/', 'running/', 'cli/'],
  /** Storage, foreign clients and the examples. */
  wire: ['s3/', 'clients/', 'examples/'],
  full: [''],
} as const satisfies Record<string, readonly string[]>;

/** On two cores: the specs wait for the server more than they work. */
const CONCURRENCY = 3;

const SPEC_TIMEOUT_MS = 900_000;

/** Folders whose specs take minutes. They start first, so that none of them runs alone at the end. */
const SLOW = ['web/', 'cluster/', 'cli/', 'running/'];

/**
 * What runs on other engines than the embedded ones. The rest is about the embedded store, brings its own engines, or is
 * about what the program does whatever it stands on.
 */
const ON_ANY_ENGINE = [
  'api/',
  'cli/',
  'clients/',
  'running/doctor-fix',
  'running/durability',
  'running/external-storage',
];

const USAGE = `usage: npm run acceptance -- [--profile ${Object.keys(PROFILES).join('|')}] [--stack ${stackKinds.join('|')}] [PATTERN…]
       … --target URL --api-key KEY --other-api-key KEY --s3-endpoint URL --s3-bucket NAME
         --s3-access-key ID --s3-secret-key SECRET [--s3-region REGION] [--embedded]`;

const { values: options, positionals: patterns } = parseArgs({
  allowPositionals: true,
  options: {
    profile: { type: 'string', default: 'full' },
    /** What the started server stands on. */
    stack: { type: 'string', default: 'embedded' },
    target: { type: 'string' },
    'api-key': { type: 'string' },
    'other-api-key': { type: 'string' },
    's3-endpoint': { type: 'string' },
    's3-bucket': { type: 'string' },
    's3-region': { type: 'string', default: 'us-east-1' },
    's3-access-key': { type: 'string' },
    's3-secret-key': { type: 'string' },
    /** The given target runs the embedded store. */
    embedded: { type: 'boolean', default: false },
  },
});

function fail(problem: string): never {
  console.error(`${problem}\n${USAGE}`);
  process.exit(2);
}

function specFiles(): string[] {
  if (!(options.profile in PROFILES)) fail(`There is no profile ${options.profile}.`);
  const wanted = PROFILES[options.profile as keyof typeof PROFILES];
  const isEmbedded = options.target === undefined ? options.stack === 'embedded' : options.embedded;
  const rank = (file: string) => [...SLOW, ''].findIndex((folder) => file.startsWith(folder));
  const files = globSync('*/*.spec.ts', { cwd: HERE }).sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
  const chosen = files
    .filter((file) => wanted.some((part) => file.startsWith(part)))
    .filter((file) => isEmbedded || ON_ANY_ENGINE.some((part) => file.startsWith(part)))
    .filter((file) => patterns.length === 0 || patterns.some((pattern) => file.includes(pattern)));
  if (chosen.length === 0) fail('No spec file fits.');
  return chosen.map((file) => join(HERE, file));
}

function stackKind(): StackKind {
  return stackKinds.find((kind) => kind === options.stack) ?? fail(`There is no stack ${options.stack}.`);
}

function givenTarget(apiUrl: string): Target {
  const required = (name: keyof typeof options) => {
    const value = options[name];
    return typeof value === 'string' ? value : fail(`--target needs --${name}.`);
  };
  return {
    apiUrl: apiUrl.replace(/\/$/, ''),
    accounts: {
      first: { name: 'first', apiKey: required('api-key') },
      second: { name: 'second', apiKey: required('other-api-key') },
    },
    s3: {
      endpoint: required('s3-endpoint'),
      region: options['s3-region'],
      bucket: required('s3-bucket'),
      credentials: { accessKeyId: required('s3-access-key'), secretAccessKey: required('s3-secret-key') },
    },
    engines: {},
  };
}

/** Runs the specs in this order, and returns whether all pass. (`node --test` would sort them by their names.) */
async function runSpecs(files: readonly string[]): Promise<boolean> {
  let passed = true;
  const events = run({ files: [...files], concurrency: CONCURRENCY, timeout: SPEC_TIMEOUT_MS });
  events.on('test:fail', () => {
    passed = false;
  });
  for await (const text of events.compose(new spec())) process.stdout.write(text);
  return passed;
}

const files = specFiles();
const folder = await temporaryFolder('darkslide-target');
const targetFile = join(folder.path, 'target.json');
const stack = options.target === undefined ? await startStack(stackKind()) : undefined;
try {
  await writeTarget(targetFile, stack?.target ?? givenTarget(options.target as string));
  process.env[TARGET_VARIABLE] = targetFile;
  if (!(await runSpecs(files))) process.exitCode = 1;
} finally {
  await stack?.remove();
  await folder.remove();
}
