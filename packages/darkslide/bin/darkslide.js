#!/usr/bin/env node
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import module from 'node:module';
import { homedir } from 'node:os';
import { join } from 'node:path';

const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `darkslide needs Node 22.18 or newer; this is Node ${process.versions.node}. ` +
      'Install a newer Node, or run it with npx or npm, which use the Node that the project installs.',
  );
  process.exit(2);
}

// V8 lets its young generation grow to 96 MB before it collects garbage. A server needs a quarter of that. An upload
// needs half: with less, the objects of its transfers become old before they are collected, and 20,000 files take 270 MB
// instead of 200, and more CPU. V8 reads this option only from the command line, so the process replaces itself if the
// system can do that. Otherwise it takes more memory.
const YOUNG_GENERATION = `--max-semi-space-size=${process.argv[2] === 'serve' ? 8 : 16}`;
const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');

if (process.platform !== 'win32' && process.execve && !options.includes('--max-semi-space-size')) {
  const { execPath, execArgv, argv, env } = process;
  process.execve(execPath, [execPath, ...execArgv, YOUNG_GENERATION, ...argv.slice(1)], env);
}

// A command starts in half the time and memory if Node has compiled its modules before. Its threads find the compiled
// modules only by the variable. A user who can write there can run code as us, so the cache is not in the temporary folder.
const cache = process.env.NODE_COMPILE_CACHE ?? ownCacheFolder();
if (cache && module.enableCompileCache(cache).directory) process.env.NODE_COMPILE_CACHE ??= cache;
await import('#main');

/** A folder that only this user can write to; undefined if there is none. */
function ownCacheFolder() {
  try {
    const caches = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
    const folder = join(caches, 'darkslide');
    // Not with `recursive`: that never returns if a file system denies that an existing folder exists, as /proc does.
    for (const path of [caches, folder]) if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
    const { uid, mode } = lstatSync(folder);
    // Windows has no such owner; a profile there belongs to its user.
    const isOwn = process.getuid === undefined || (uid === process.getuid() && (mode & 0o170077) === 0o040000);
    return isOwn ? folder : undefined;
  } catch {
    return undefined;
  }
}
