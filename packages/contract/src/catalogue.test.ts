import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apiError, callPath, ERRORS, FAMILIES, isRetryable } from './index.ts';
import { COMMON_ERRORS, EVENTS_ROUTE, OWN_TOKEN_ROUTE, ROUTES } from './routes.ts';

test('a duplicate is said in exactly the words of the contract', () => {
  const error = apiError('duplicate_file_name', { name: 'DSC_0001.NEF', count: 2 }, { details: ['DSC_0001.NEF'] });
  assert.equal(error.message, 'File "DSC_0001.NEF" appears 2 times.');
  assert.equal(error.status, 400);
  assert.deepEqual(error.details, ['DSC_0001.NEF']);
});

test('a long list of missing parts stays readable', () => {
  const parts = Array.from({ length: 500 }, (_, index) => index + 1);
  const { message } = apiError('upload_parts_missing', { name: 'a.NEF', parts, partCount: 9999 });
  assert.match(message, /parts 1, 2, 3, .* 20 and 480 more of 9999/);
  assert.match(apiError('upload_parts_missing', { name: 'a', parts: [2], partCount: 3 }).message, /part 2 of 3/);
});

test('every code is refused by some route, or by every one', () => {
  const used = new Set<string>([...COMMON_ERRORS, 'route_not_found', 'method_not_allowed']);
  for (const route of [...Object.values(ROUTES), OWN_TOKEN_ROUTE, EVENTS_ROUTE]) {
    for (const code of route.errors) used.add(code);
  }
  assert.deepEqual(Object.keys(ERRORS).sort(), [...used].sort());
});

test('only trouble that passes may be tried again', () => {
  for (const code of Object.keys(ERRORS) as (keyof typeof ERRORS)[]) {
    if (isRetryable(code)) assert.ok([409, 429, 500, 503].includes(ERRORS[code].status), code);
  }
});

test('a path is filled in and encoded for its family', () => {
  const params = { project_uuid: 'u', file_name: 'a b/é.NEF' };
  assert.equal(callPath('profile', 'getFile', params), '/v1/projects/u/files/a%20b%2F%C3%A9.NEF');
  assert.equal(callPath('smart-editing', 'createProject'), FAMILIES['smart-editing'].prefix);
  assert.throws(() => callPath('profile', 'getFile', { project_uuid: 'u' }), /getFile needs file_name/);
});
