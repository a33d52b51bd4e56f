import assert from 'node:assert/strict';
import { test } from 'node:test';
import { en } from './en.ts';
import { CATALOGUES, Speech } from './messages.ts';

const placeholders = (message: unknown) => [...new Set(JSON.stringify(message).match(/\{\w+\}/g))].sort();

test('every language says everything, with the same values', () => {
  for (const [language, messages] of Object.entries(CATALOGUES)) {
    assert.deepEqual(Object.keys(messages), Object.keys(en), language);
    for (const [name, message] of Object.entries(messages)) {
      const english = en[name as keyof typeof en];
      assert.deepEqual(placeholders(message), placeholders(english), `${language}: ${name}`);
      assert.equal(typeof message, typeof english, `${language}: ${name}`);
    }
  }
});

test('the first language that a catalogue has is spoken, and English where none is', () => {
  assert.equal(new Speech(['pt-BR', 'de-AT', 'fr']).language, 'de');
  assert.equal(new Speech(['pt']).language, 'en');
  assert.equal(new Speech([]).say('someFailed', { n: 1 }), '1 file is not stored.');
  assert.equal(new Speech(['de']).say('someFailed', { n: 2000 }), '2.000 Dateien sind nicht gespeichert.');
});

test('a language of the page goes its own way, and says the rest in English', () => {
  const he = { drop: 'גררו לכאן תמונות' } as never;
  const speech = new Speech(['he-IL'], { ...CATALOGUES, he });
  assert.deepEqual([speech.language, speech.direction], ['he', 'rtl']);
  assert.deepEqual([speech.say('drop'), speech.say('pause')], ['גררו לכאן תמונות', 'Pause']);
});

test('sizes and times are those of the language', () => {
  const german = new Speech(['de']);
  assert.deepEqual(
    [0, 999, 1500, 25_300_000].map((bytes) => german.bytes(bytes)),
    ['0 Byte', '999 Byte', '1,5 kB', '25,3 MB'],
  );
  assert.deepEqual(
    [0.2, 59, 61, 7260].map((seconds) => german.duration(seconds)),
    ['1 Sek.', '59 Sek.', '1 Min.', '2 Std. 1 Min.'],
  );
});
