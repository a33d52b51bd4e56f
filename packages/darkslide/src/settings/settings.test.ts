import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError, SettingsReader } from './reader.ts';
import type { Setting } from './setting.ts';
import { SETTINGS } from './settings.ts';
import { settingsHelp, settingsTable } from './settings-text.ts';

const all: readonly Setting<unknown>[] = Object.values(SETTINGS);

test('every setting has a name of its own, and a default that is one of its values', () => {
  assert.equal(new Set(all.map(({ name }) => name)).size, all.length);
  for (const { name, default: value, parse } of all) {
    if (value !== undefined && !Array.isArray(value)) assert.deepEqual(parse(String(value)), value, name);
  }
});

test('no message repeats the value of a secret', () => {
  for (const setting of all.filter(({ isSecret }) => isSecret)) {
    const read = new SettingsReader({ [setting.name]: 'gehe im' });
    read.value(setting);
    assert.throws(
      () => read.finish(),
      (error: Error) => {
        assert.ok(error instanceof ConfigurationError);
        assert.ok(error.message.startsWith(`${setting.name} `) && !error.message.includes('gehe'), error.message);
        return true;
      },
    );
  }
});

test('the names of keys, tokens, URLs and headers are secrets', () => {
  for (const { name, isSecret } of all) {
    assert.equal(isSecret, /_KEY$|_TOKEN$|_URL$|_ENDPOINT$|_HEADERS$/.test(name) && !/PRINT/.test(name), name);
  }
});

test('help and table contain every setting, and the help fits its columns', () => {
  const lines = settingsHelp(60).split('\n');
  for (const { name } of all) {
    assert.ok(lines.includes(`  ${name}`), name);
    assert.ok(settingsTable().includes(`\n| \`${name}\` | `), name);
  }
  for (const line of lines) assert.ok(line.length <= 60 || !line.trim().includes(' '), line);
});
