import { buildXml, parseXml, S3_ERRORS, S3Error, type S3ErrorCode, type XmlObject } from '@darkslide/s3wire';
import type { DeleteCondition } from '../../catalog/conditions.ts';
import { keyBytes } from '../../model.ts';
import { readDeleteCondition } from '../delete-condition.ts';
import { receiveText } from '../incoming.ts';
import { BODY_HEADERS, type Known } from '../known.ts';
import { operation } from '../operation.ts';
import { xmlResponse } from '../response.ts';
import { commit } from '../store.ts';
import { ONLY_VERSION } from '../versions.ts';
import { children, optionalText, requiredText } from '../xml-input.ts';

const MAX_KEYS = 1000;

const KNOWN: Known = { query: ['delete'], headers: [...BODY_HEADERS, 'x-amz-bypass-governance-retention'] };

type Doomed = { key: string; versionId: string | undefined; condition: DeleteCondition };

const hasOnlyVersion = ({ versionId = ONLY_VERSION }: Doomed) => versionId === ONLY_VERSION;

export const deleteObjects = operation(KNOWN, async (request, store) => {
  const { id: bucketId } = store.reader.bucket(request.bucket);
  const input = parseXml(await receiveText(request, store), { root: 'Delete', lists: ['Object'] });
  const doomed = children(input, 'Object').map(readDoomed);
  if (doomed.length === 0 || doomed.length > MAX_KEYS) throw new S3Error('MalformedXML');

  const possible = doomed.filter(hasOnlyVersion);
  const objects = possible.map(({ key, condition }) => ({ key: keyBytes(key), condition }));
  const { kept = [] } = await commit(store, { type: 'deleteObjects', bucketId, objects });
  const keptOnes = new Set(kept.map((position) => possible[position]));
  const refusals = new Map<Doomed, S3ErrorCode>();
  for (const one of doomed) {
    if (!hasOnlyVersion(one)) refusals.set(one, 'NoSuchVersion');
    else if (keptOnes.has(one)) refusals.set(one, 'PreconditionFailed');
  }
  const quiet = optionalText(input, 'Quiet')?.trim() === 'true';
  const deleted = doomed.filter((one) => !refusals.has(one));
  return xmlResponse(
    buildXml('DeleteResult', {
      Deleted: quiet ? undefined : deleted.map(({ key, versionId }) => ({ Key: key, VersionId: versionId })),
      Error: [...refusals].map(([{ key, versionId }, code]) => ({
        Key: key,
        VersionId: versionId,
        Code: code,
        Message: S3_ERRORS[code].message,
      })),
    }),
  );
});

const ELEMENTS = ['Key', 'VersionId', 'ETag', 'Size', 'LastModifiedTime'];

/** @throws {S3Error} MalformedXML, also for an element that is not known: it may be a condition */
function readDoomed(element: XmlObject): Doomed {
  const key = requiredText(element, 'Key');
  if (key === '' || Object.keys(element).some((name) => !ELEMENTS.includes(name))) throw new S3Error('MalformedXML');
  const condition = readDeleteCondition(
    {
      etag: optionalText(element, 'ETag'),
      size: optionalText(element, 'Size'),
      modified: optionalText(element, 'LastModifiedTime'),
    },
    { size: 'Size', modified: 'LastModifiedTime' },
  );
  return { key, versionId: optionalText(element, 'VersionId'), condition };
}
