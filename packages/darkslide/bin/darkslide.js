#!/usr/bin/env node
const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 22 || (major === 22 && minor < 18)) {
  console.error(
    `darkslide needs Node 22.18 or newer; this is Node ${process.versions.node}. ` +
      'Install a newer Node, or run it through npx or npm, which find the one that the project brings along.',
  );
  process.exit(2);
}

// A command starts in half the time and memory when Node has compiled its modules before.
const { enableCompileCache } = await import('node:module');
enableCompileCache();
await import('#main');
