#!/usr/bin/env node
import module from 'node:module';

const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `darkslide needs Node 22.18 or newer; this is Node ${process.versions.node}. ` +
      'Install a newer Node, or run it through npx or npm, which find the one that the project brings along.',
  );
  process.exit(2);
}

// V8 lets its young generation grow to 96 MB before it tidies up. A server needs a quarter of that. An upload needs half,
// or what it makes for each of its transfers lives until it counts as old: 20,000 files then take 270 MB instead of 200,
// and more CPU. V8 takes this only on the command line, so where the system can, the process replaces itself; elsewhere
// it merely takes more memory.
const YOUNG_GENERATION = `--max-semi-space-size=${process.argv[2] === 'serve' ? 8 : 16}`;
const options = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' ');

if (process.platform !== 'win32' && process.execve && !options.includes('--max-semi-space-size')) {
  const { execPath, execArgv, argv, env } = process;
  process.execve(execPath, [execPath, ...execArgv, YOUNG_GENERATION, ...argv.slice(1)], env);
}

// A command starts in half the time and memory when Node has compiled its modules before. Its threads find what was
// compiled only by the variable.
const { directory } = module.enableCompileCache();
if (directory) process.env.NODE_COMPILE_CACHE ??= directory;
await import('#main');
