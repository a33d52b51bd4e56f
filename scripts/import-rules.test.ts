import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { dirname, relative, resolve } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Who may import whom among the rooms. Tests obey as well. */
const MAY_IMPORT: Record<string, readonly string[]> = {
  'packages/contract': [],
  'packages/connections': [],
  'packages/hashing': [],
  'packages/photo': [],
  'packages/s3wire': [],
  'packages/store': ['@darkslide/connections', '@darkslide/s3wire', '@darkslide/hashing'],
  'packages/server': ['@darkslide/connections', '@darkslide/contract', '@darkslide/photo', '@darkslide/s3wire'],
  'packages/doctor': ['@darkslide/server'],
  'packages/client': ['@darkslide/contract', '@darkslide/hashing', '@darkslide/photo'],
  'packages/cli': ['@darkslide/client', '@darkslide/contract', '@darkslide/photo'],
  'packages/web': ['@darkslide/client'],
  'packages/darkslide': [
    '@darkslide/cli',
    '@darkslide/connections',
    '@darkslide/contract',
    '@darkslide/doctor',
    '@darkslide/server',
    '@darkslide/store',
    '@darkslide/web',
  ],
  testkit: ['@darkslide/contract', '@darkslide/s3wire'],
  acceptance: ['@darkslide/testkit'],
  // Besides the testkit: public entries only, which package exports see to.
  bench: ['@darkslide/testkit', '@darkslide/s3wire', '@darkslide/client', '@darkslide/photo'],
};

/**
 * Inside a package: which folders of its sources may import which, types included. A file beside the folders is a room
 * of its own, named by its file name. Tests may import everything.
 */
const FOLDERS_MAY_IMPORT: Record<string, Record<string, readonly string[]>> = {
  'packages/cli/src': {
    actions: ['base', 'manifest', 'views'],
    base: [],
    commands: ['actions', 'base', 'completion'],
    completion: ['base'],
    'explain-error.ts': ['base'],
    'index.ts': ['base', 'run-cli.ts'],
    manifest: ['base'],
    'program.ts': ['base', 'commands'],
    'run-cli.ts': ['base', 'explain-error.ts', 'program.ts'],
    views: ['base'],
  },
  'packages/darkslide/src': {
    commands: ['doctor', 'runtime', 'settings'],
    doctor: ['runtime', 'settings'],
    'main.ts': ['commands', 'runtime', 'settings'],
    runtime: ['settings'],
    settings: [],
  },
  'packages/web/src': {
    'define.ts': ['view'],
    'index.ts': ['messages', 'view'],
    messages: [],
    'page.ts': [],
    'items.ts': ['sets.ts', 'shoot.ts'],
    'receipt.ts': ['sets.ts'],
    'run.ts': ['items.ts', 'receipt.ts', 'sets.ts', 'shoot.ts', 'token.ts'],
    'sets.ts': [],
    'shoot.ts': [],
    'summary.ts': [],
    'token.ts': [],
    'upload-page.ts': ['define.ts', 'view'],
    'upload-worker.ts': [],
    view: ['items.ts', 'messages', 'run.ts', 'sets.ts', 'shoot.ts', 'summary.ts', 'token.ts'],
  },
  'packages/server/src': {
    'api-keys.ts': ['database', 'keys', 'open-database.ts'],
    'app.ts': ['http', 'observability'],
    arrivals: ['base', 'database', 'events', 'projects', 'storage'],
    'background.ts': [
      'arrivals',
      'deletion',
      'events',
      'jobs',
      'multipart',
      'observability',
      'open-database.ts',
      'photos',
      'storage',
    ],
    base: ['database'],
    database: ['trouble'],
    deletion: ['arrivals', 'base', 'database', 'multipart', 'projects', 'storage'],
    events: ['database'],
    'gauges.ts': ['observability', 'open-database.ts', 'storage/s3'],
    http: [
      'arrivals',
      'base',
      'database',
      'deletion',
      'events',
      'keys',
      'links',
      'multipart',
      'photos',
      'projects',
      'storage',
      'tokens',
    ],
    'index.ts': ['database', 'observability', 'openapi.ts', 'start.ts', 'storage/s3', 'trouble'],
    jobs: ['database', 'multipart', 'projects', 'storage'],
    keys: ['base', 'database', 'tokens'],
    links: ['arrivals', 'base', 'quotas', 'storage', 'tokens'],
    multipart: ['arrivals', 'base', 'database', 'events', 'quotas', 'storage', 'tokens'],
    observability: ['database', 'keys', 'trouble'],
    'open-database.ts': [
      'arrivals',
      'database',
      'events',
      'jobs',
      'keys',
      'multipart',
      'photos',
      'projects',
      'quotas',
      'tokens',
      'trouble',
    ],
    'openapi.ts': ['app.ts', 'http'],
    'ports.ts': ['database', 'multipart', 'storage', 'storage/s3', 'trouble'],
    photos: ['arrivals', 'base', 'database', 'storage'],
    projects: ['base', 'database', 'events'],
    quotas: ['arrivals', 'database', 'projects'],
    'services.ts': [
      'arrivals',
      'deletion',
      'http',
      'links',
      'multipart',
      'open-database.ts',
      'photos',
      'projects',
      'quotas',
      'storage',
      'tokens',
    ],
    'start.ts': [
      'app.ts',
      'arrivals',
      'background.ts',
      'database',
      'gauges.ts',
      'http',
      'keys',
      'observability',
      'open-database.ts',
      'quotas',
      'services.ts',
      'storage',
      'storage/s3',
      'trouble',
    ],
    'storage/s3': ['observability', 'storage', 'trouble'],
    tokens: ['arrivals', 'base', 'database', 'events', 'quotas', 'storage'],
    storage: [],
    trouble: [],
  },
  'packages/doctor/src': {
    'database.ts': ['check.ts'],
    'index.ts': ['check.ts', 'database.ts', 'storage'],
    storage: ['check.ts'],
    'check.ts': [],
  },
  'packages/store/src': {
    'index.ts': ['options.ts', 'store-thread.ts', 'scrub', 'recovery', 'blobs'],
    'store-thread.ts': ['options.ts', 'open.ts'],
    'open.ts': [
      'close-stack.ts',
      'options.ts',
      's3api/server.ts',
      's3api',
      's3api/operations',
      'scrub',
      'recovery',
      'catalog',
      'blobs',
      'hashing',
    ],
    's3api/server.ts': ['s3api/exchange.ts', 's3api'],
    's3api/exchange.ts': ['s3api/router.ts', 's3api', 'catalog', 'blobs'],
    's3api/router.ts': ['s3api/operations', 's3api'],
    's3api/operations': ['s3api', 'catalog', 'model.ts', 'options.ts'],
    s3api: ['catalog', 'blobs', 'hashing', 'model.ts', 'options.ts'],
    scrub: ['close-stack.ts', 'recovery', 'catalog', 'blobs', 'hashing', 'model.ts', 'options.ts'],
    recovery: ['catalog', 'blobs', 'model.ts', 'options.ts'],
    catalog: ['blobs', 'model.ts', 'options.ts', 'threads.ts'],
    blobs: ['hashing', 'model.ts'],
    hashing: ['threads.ts'],
    'threads.ts': [],
    'options.ts': ['model.ts'],
    'close-stack.ts': [],
    'model.ts': [],
  },
  'packages/client/src': {
    base: [],
    api: ['base'],
    plan: ['base'],
    schedule: ['base'],
    transfer: ['base', 'api', 'plan', 'schedule'],
    run: ['base', 'api', 'plan', 'schedule', 'transfer'],
    verify: ['base', 'api', 'plan', 'transfer', 'run'],
    download: ['base', 'api', 'schedule', 'transfer', 'run'],
    'client.ts': ['base', 'api', 'download', 'plan', 'schedule', 'transfer', 'run', 'verify'],
    node: ['base', 'download', 'plan', 'client.ts'],
    browser: ['base', 'plan', 'schedule', 'run', 'client.ts'],
    'index.ts': ['base', 'api', 'download', 'plan', 'schedule', 'run', 'verify', 'client.ts', 'node'],
  },
};

/** What tests may import besides: the program that judges them is installed by the testkit. */
const TESTS_MAY_IMPORT: Record<string, readonly string[]> = {
  'packages/photo': ['@darkslide/testkit'],
};

const isTest = (file: string) => /\.test\.ts$|\/test\//.test(file);

const NODE_MODULES = new Set([
  ...builtinModules,
  ...builtinModules.map((name) => `node:${name}`),
  'node:test',
  'node:sqlite',
]);

type Import = { file: string; specifier: string };

const IMPORTS = [
  /^\s*(?:import|export)\s[^;'"`=]*?\bfrom\s+['"]([^'"]+)['"]/gm,
  /^\s*import\s+['"]([^'"]+)['"]/gm,
  /\bimport\(\s*['"]([^'"]+)['"]/g,
];

/** Static and dynamic imports, and re-exports. */
function importsOf(room: string): Import[] {
  const files = globSync('**/*.ts', { cwd: resolve(ROOT, room), exclude: (name) => /node_modules|\.cache/.test(name) });
  return files.flatMap((file) => {
    const source = readFileSync(resolve(ROOT, room, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
    const specifiers = IMPORTS.flatMap((pattern) =>
      [...source.matchAll(pattern)].map(([, specifier]) => specifier ?? ''),
    );
    return specifiers.map((specifier) => ({ file: `${room}/${file}`, specifier }));
  });
}

const packageName = (specifier: string) => specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');

for (const [room, allowed] of Object.entries(MAY_IMPORT)) {
  const imports = importsOf(room);

  test(`${room} imports only the rooms that it may`, () => {
    const wrong = imports.filter(({ file, specifier }) => {
      const name = packageName(specifier);
      const may = isTest(file) ? [...allowed, ...(TESTS_MAY_IMPORT[room] ?? [])] : allowed;
      return /^(@darkslide\/|darkslide$)/.test(name) && !may.includes(name);
    });
    assert.deepEqual(wrong, []);
  });

  test(`${room} reaches into no other folder`, () => {
    const wrong = imports.filter(({ file, specifier }) => {
      if (!specifier.startsWith('.')) return false;
      return relative(resolve(ROOT, room), resolve(ROOT, dirname(file), specifier)).startsWith('..');
    });
    assert.deepEqual(wrong, []);
  });

  test(`${room} declares what it imports`, () => {
    const manifest = JSON.parse(readFileSync(resolve(ROOT, room, 'package.json'), 'utf8'));
    const declared = { ...manifest.dependencies, ...manifest.peerDependencies };
    // What builds a package is not in it, and a private one is not published.
    const isPublished = (file: string) => !manifest.private && !isTest(file) && file !== `${room}/build.ts`;
    const wrong = imports.filter(({ file, specifier }) => {
      if (specifier.startsWith('.') || specifier.startsWith('#') || NODE_MODULES.has(specifier)) return false;
      return !(packageName(specifier) in (isPublished(file) ? declared : { ...declared, ...manifest.devDependencies }));
    });
    assert.deepEqual(wrong, []);
  });
}

type Graph = ReadonlyMap<string, readonly string[]>;

/** The nodes of one cycle, the first one again at the end; undefined where there is none. */
function findCycle(graph: Graph): string[] | undefined {
  const done = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] | undefined => {
    if (path.includes(node)) return [...path.slice(path.indexOf(node)), node];
    if (done.has(node)) return undefined;
    for (const next of graph.get(node) ?? []) {
      const cycle = visit(next, [...path, node]);
      if (cycle) return cycle;
    }
    done.add(node);
    return undefined;
  };
  for (const node of graph.keys()) {
    const cycle = visit(node, []);
    if (cycle) return cycle;
  }
  return undefined;
}

test('a cycle is found wherever it begins, and none where there is none', () => {
  const graph = (edges: Record<string, string[]>) => new Map(Object.entries(edges));
  assert.deepEqual(findCycle(graph({ a: ['b'], b: ['c', 'd'], c: [], d: ['b'] })), ['b', 'd', 'b']);
  assert.deepEqual(findCycle(graph({ a: ['b', 'c'], b: ['c'], c: [] })), undefined);
});

/** The room of a file: the longest name in the map that is its own or a folder above it. */
const folderOf = (file: string, rooms: Record<string, readonly string[]>) =>
  Object.keys(rooms)
    .filter((room) => file === room || file.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0] ?? `${file} (in no room)`;

for (const [sources, rooms] of Object.entries(FOLDERS_MAY_IMPORT)) {
  const inner = (path: string) => relative(resolve(ROOT, sources), path).replaceAll('\\', '/');
  const imports = importsOf(sources)
    .filter(({ file, specifier }) => !isTest(file) && /^\..*\.ts$/.test(specifier))
    .map(({ file, specifier }) => ({
      from: inner(resolve(ROOT, file)),
      to: inner(resolve(ROOT, dirname(file), specifier)),
    }))
    // Beside the sources is what builds them.
    .filter(({ to }) => to !== '../build.ts');

  test(`${sources}: a folder imports only the folders that it may`, () => {
    const wrong = imports.filter(({ from, to }) => {
      const [room, other] = [folderOf(from, rooms), folderOf(to, rooms)];
      return room !== other && !rooms[room]?.includes(other);
    });
    assert.deepEqual(wrong, []);
  });

  test(`${sources} has no cycle between folders or between files`, () => {
    const files = Map.groupBy(imports, ({ from }) => from);
    const graph = new Map([...files].map(([file, its]) => [file, its.map(({ to }) => to)]));
    assert.equal(findCycle(graph)?.join(' → '), undefined);
    assert.equal(findCycle(new Map(Object.entries(rooms)))?.join(' → '), undefined);
  });
}

test('the client outside node/ and browser/ does not know where it runs', () => {
  const core = importsOf('packages/client').filter(
    ({ file }) => /^packages\/client\/src\/(?!index\.ts|node\/|browser\/)/.test(file) && !file.endsWith('.test.ts'),
  );
  const wrong = core.filter(({ specifier }) => NODE_MODULES.has(specifier) || /\/(node|browser)\//.test(specifier));
  assert.deepEqual(wrong, []);
});

test('what the client has for browsers needs no Node', () => {
  const wrong = importsOf('packages/client/src/browser').filter(
    ({ file, specifier }) => !file.endsWith('.test.ts') && (NODE_MODULES.has(specifier) || /\/node\//.test(specifier)),
  );
  assert.deepEqual(wrong, []);
});

test('hashing does not know where it runs', () => {
  const wrong = importsOf('packages/hashing').filter(
    ({ file, specifier }) => NODE_MODULES.has(specifier) && !file.endsWith('.test.ts'),
  );
  assert.deepEqual(wrong, []);
});

test('photo does not know where it runs', () => {
  const sources = importsOf('packages/photo').filter(({ file }) => !isTest(file));
  assert.deepEqual(
    sources.filter(({ specifier }) => NODE_MODULES.has(specifier)),
    [],
  );
});

test('the server meets AWS words in one place', () => {
  const wrong = importsOf('packages/server').filter(
    ({ file, specifier }) =>
      /^(@aws-sdk|@smithy|@darkslide\/s3wire)/.test(specifier) &&
      !/^packages\/server\/(src\/storage\/s3|test)\//.test(file),
  );
  assert.deepEqual(wrong, []);
});

test('only the binary reads the environment', () => {
  const rooms = ['contract', 'hashing', 's3wire', 'store', 'server', 'client', 'cli'].map(
    (name) => `packages/${name}/src`,
  );
  const readers = rooms.flatMap((room) =>
    globSync('**/*.ts', { cwd: resolve(ROOT, room) })
      .filter((file) => !file.endsWith('.test.ts'))
      .filter((file) => /process\.env/.test(readFileSync(resolve(ROOT, room, file), 'utf8')))
      .map((file) => `${room}/${file}`),
  );
  assert.deepEqual(readers, []);
});
