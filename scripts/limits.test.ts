/** Rooms that do not import the contract have some of its limits again, as they are S3's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as contract from '../packages/contract/src/limits.ts';
import { MAX_EXPIRES_IN_SECONDS } from '../packages/s3wire/src/presign.ts';
import { DEFAULT_LIMITS } from '../packages/store/src/options.ts';
import { MIN_PART_BYTES } from '../packages/store/src/s3api/operations/complete-multipart-upload.ts';
import { MAX_PART_NUMBER } from '../packages/store/src/s3api/part-number.ts';

test("the store's limits are those that the API promises", () => {
  assert.equal(MIN_PART_BYTES, contract.MIN_PART_SIZE);
  assert.equal(DEFAULT_LIMITS.maxObjectBytes, contract.MAX_PART_SIZE);
  assert.equal(MAX_PART_NUMBER, contract.MAX_PART_COUNT);
  assert.equal(MAX_EXPIRES_IN_SECONDS, contract.MAX_LINK_TTL_SECONDS);
});
