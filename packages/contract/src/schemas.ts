import Type, { type Static, type TSchema } from 'typebox';
import { FAMILIES, type Family } from './calls.ts';
import {
  MAX_ALLOWED_NAMES,
  MAX_FILE_NAME_BYTES,
  MAX_NAMES_PER_REQUEST,
  MAX_PAGE_SIZE,
  MAX_PART_COUNT,
  MAX_PART_SIZE,
  MAX_PROJECT_NAME_LENGTH,
  MAX_TOKEN_FILES,
  MAX_TOKEN_TITLE_LENGTH,
  TOKEN_SECONDS,
} from './limits.ts';

const Nullable = <Schema extends TSchema>(schema: Schema) => Type.Union([schema, Type.Null()]);

const Timestamp = (description: string) =>
  Type.String({ format: 'date-time', description: `${description} ISO 8601, UTC.` });
const FileName = Type.String({
  description: `The bare name, as the camera wrote it: 1–${MAX_FILE_NAME_BYTES} bytes of UTF-8 after NFC, no path.`,
  examples: ['DSC_0001.NEF'],
});
const Md5 = Type.String({
  description: 'MD5 of the whole file, base64 of its 16 bytes. Compared with what arrives; never signed into a link.',
  examples: ['1B2M2Y8AsgTpgAmY7PhCfg=='],
});
const Size = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER, description: 'Bytes.' });
const DeclaredSize = Type.Integer({
  ...Size,
  description: 'Bytes of the whole file. Needed with an upload token that has max_bytes, whose links take no others.',
});
const ETag = Type.String({
  description: "Storage's entity tag, without quotes. For a single PUT usually the hex MD5.",
});
const UploadId = Type.String({ description: "Storage's id of the multipart upload." });
const Key = Type.String({ description: "The object's key in storage." });
const PartNumber = Type.Integer({ minimum: 1, maximum: MAX_PART_COUNT });
const Cursor = Nullable(Type.String({ description: 'Ask with it for the next page; null on the last one.' }));

// Projects

export const ProjectName = Type.String({
  minLength: 1,
  maxLength: MAX_PROJECT_NAME_LENGTH,
  examples: ['Smith wedding'],
});

export const CreateProjectBody = Type.Object({ name: Type.Optional(Nullable(ProjectName)) });

export const ProjectCreated = Type.Object({ project_uuid: Type.String({ format: 'uuid' }) });

export const ProjectStatus = Type.Enum(['New', 'Uploading', 'Uploaded'], {
  description: 'New: nothing was asked for. Uploading: some files are not uploaded. Uploaded: all are.',
});

export const Project = Type.Object(
  {
    project_uuid: Type.String({ format: 'uuid' }),
    name: Type.String(),
    status: ProjectStatus,
    created_at: Timestamp('When the project was created.'),
    number_of_images: Type.Integer({ minimum: 0, description: 'Files that are uploaded.' }),
    customer_reference_id: Type.Integer({ description: 'The account.' }),
    project_id: Nullable(Type.Integer()),
    profile: Nullable(Type.String()),
    ai_tools: Nullable(Type.Array(Type.String())),
    thumbnail_src: Nullable(
      Type.String({ format: 'uri', description: 'GET a small JPEG here; of the first file by name that has one.' }),
    ),
    export_status: Nullable(Type.String()),
  },
  { title: 'Project' },
);

export const ListProjectsQuery = Type.Object({
  size: Type.Integer({ minimum: 1, maximum: 100, default: 20 }),
  page: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 0 }),
  is_archived: Type.Optional(Type.Boolean()),
});

export const ProjectList = Type.Object({
  projects: Type.Array(Project),
  pagination: Type.Object({ total: Type.Integer(), size: Type.Integer(), page: Type.Integer() }),
});

export const ProjectDeleted = Type.Object({
  is_deleted: Type.Boolean({
    description: 'false: there was more to delete than one request may take; ask again, and it goes on.',
  }),
});

export const GetProjectQuery = Type.Object({ get_thumbnail: Type.Optional(Type.Boolean()) });

export const ProjectNameQuery = Type.Object({ name: Type.String() });

export const NameValidity = Type.Object({ is_valid: Type.Boolean() });

// Upload links

export const UploadLinksBody = Type.Object({
  files_list: Type.Array(
    Type.Object({
      file_name: FileName,
      md5: Type.Optional(Nullable(Md5)),
      size: Type.Optional(Nullable(DeclaredSize)),
    }),
    { minItems: 1, maxItems: MAX_NAMES_PER_REQUEST },
  ),
});

export const UploadLink = Type.Object(
  {
    file_name: FileName,
    upload_link: Type.String({
      format: 'uri',
      description: 'PUT the bytes here, with an empty Content-Type and no x-api-key.',
    }),
    expires_at: Timestamp('When the link stops working.'),
    headers: Type.Optional(
      Type.Object(
        { 'if-none-match': Type.Literal('*') },
        {
          description:
            'Only with an upload token: headers that the PUT has to send as they stand here. Without them storage ' +
            'refuses it with 403; with them it returns 412 if the file is uploaded, and keeps that.',
        },
      ),
    ),
  },
  { title: 'UploadLink' },
);

export const UploadLinks = Type.Object({ files_list: Type.Array(UploadLink) });

export const UploadLinkQuery = Type.Object({
  file_name: FileName,
  md5: Type.Optional(Md5),
  size: Type.Optional(DeclaredSize),
});

// Multipart uploads

export const StartMultipartBody = Type.Object({
  file_name: FileName,
  part_count: Type.Integer({ minimum: 1, maximum: MAX_PART_COUNT }),
  size: Type.Optional(Nullable(Size)),
  part_size: Type.Optional(
    Nullable(
      Type.Integer({
        minimum: 1,
        maximum: MAX_PART_SIZE,
        description:
          'Bytes of every part but the last, which has the rest of size. Needed with an upload token that has ' +
          'max_bytes, whose part links take no others.',
      }),
    ),
  ),
  md5: Type.Optional(Nullable(Md5)),
  links: Type.Optional(
    Type.Boolean({ default: true, description: 'false: no part links now; ask for them at …/part_links as you go.' }),
  ),
});

export const PartLink = Type.Object(
  { part_number: PartNumber, upload_url: Type.String({ format: 'uri' }) },
  { title: 'PartLink' },
);

export const MultipartStarted = Type.Object({
  upload_id: UploadId,
  key: Key,
  parts: Type.Array(PartLink),
  expires_at: Nullable(Timestamp('When the part links stop working; null if none were asked for.')),
});

export const PartLinksBody = Type.Object({
  part_numbers: Type.Array(PartNumber, { minItems: 1, maxItems: MAX_PART_COUNT }),
});

export const PartLinks = Type.Object({
  parts: Type.Array(PartLink),
  expires_at: Timestamp('When the part links stop working.'),
});

export const CompleteMultipartBody = Type.Object({
  file_name: FileName,
  size: Type.Optional(Nullable(Size)),
  md5: Type.Optional(Nullable(Md5)),
});

export const MultipartCompleted = Type.Object({ file_name: FileName, key: Key, size: Size, etag: ETag });

export const AbortMultipartBody = Type.Object({ key: Type.Optional(Nullable(Key)) });

export const MultipartState = Type.Enum(['open', 'completing', 'completed', 'aborted']);

export const Part = Type.Object({ part_number: PartNumber, size: Size, etag: ETag }, { title: 'Part' });

const uploadFields = {
  upload_id: UploadId,
  key: Key,
  file_name: FileName,
  state: MultipartState,
  part_count: Type.Integer({ minimum: 1, maximum: MAX_PART_COUNT }),
  size: Nullable(Size),
  created_at: Timestamp('When the upload was started.'),
};

export const MultipartUpload = Type.Object(
  { ...uploadFields, parts: Type.Array(Part, { description: 'What storage holds of an open upload.' }) },
  { title: 'MultipartUpload' },
);

export const PageQuery = Type.Object({
  cursor: Type.Optional(Type.String({ maxLength: 2048 })),
  limit: Type.Integer({ minimum: 1, maximum: MAX_PAGE_SIZE, default: MAX_PAGE_SIZE }),
});

export const MultipartUploadList = Type.Object({ uploads: Type.Array(Type.Object(uploadFields)), next_cursor: Cursor });

// What is uploaded

export const FileStatus = Type.Enum(['pending', 'uploaded', 'damaged'], {
  description:
    'damaged: it was uploaded, but storage cannot give its bytes back any more, so it has to be sent again. size, etag and uploaded_at are those of what was uploaded.',
});

const fileFields = {
  file_name: FileName,
  status: FileStatus,
  size: Nullable(Size),
  etag: Nullable(ETag),
  uploaded_at: Nullable(Timestamp('When storage took it.')),
  md5_matches: Nullable(
    Type.Boolean({
      description:
        'Whether the uploaded bytes have the declared MD5; null if none was declared or storage does not show it.',
    }),
  ),
};

export const File = Type.Object(fileFields, { title: 'File' });

export const FileList = Type.Object({ files: Type.Array(File), next_cursor: Cursor });

export const FileWithDownload = Type.Object(
  {
    ...fileFields,
    download_link: Nullable(
      Type.String({
        format: 'uri',
        description: 'GET the original here; null until it is uploaded, and if it is damaged.',
      }),
    ),
  },
  { title: 'FileWithDownload' },
);

// What is in the photos

const ShotId = Type.String({ description: 'The name of its first file, without extension where that is enough.' });
const SetId = Type.String({ description: 'Its kind, and the id of its first shot.' });
const Count = Type.Integer({ minimum: 0 });

export const Shot = Type.Object(
  {
    id: ShotId,
    files: Type.Array(
      Type.Object({
        path: FileName,
        role: Type.Enum(['raw', 'jpeg', 'heic', 'image', 'sidecar', 'video', 'copy', 'result']),
        thumbnail_src: Nullable(
          Type.String({
            format: 'uri',
            description: 'GET a small JPEG here. Its Exif says how to turn it, as browsers do. null: there is none.',
          }),
        ),
      }),
    ),
    t: Type.Optional(
      Type.Number({ description: "Milliseconds since 1970 of the camera's clock, as if that showed UTC." }),
    ),
    tz: Type.Optional(Type.Number({ description: 'Minutes east of UTC, where the camera says so.' })),
    order: Type.Integer({ minimum: 0, description: 'Its place in the order of capture, from 0.' }),
    camera: Type.Optional(
      Type.Object({
        make: Type.Optional(Type.String()),
        model: Type.Optional(Type.String()),
        serial: Type.Optional(Type.String()),
        lens: Type.Optional(Type.String()),
      }),
    ),
    dims: Type.Optional(Type.Object({ width: Type.Number(), height: Type.Number() })),
    orientation: Type.Optional(Type.Integer({ description: '1 to 8, as Exif has it.' })),
    exposure: Type.Optional(
      Type.Object({
        seconds: Type.Optional(Type.Number()),
        aperture: Type.Optional(Type.Number()),
        iso: Type.Optional(Type.Number()),
        compensation: Type.Optional(Type.Number({ description: 'In EV.' })),
        mode: Type.Optional(Type.Integer({ description: "Exif's ExposureMode: 0 automatic, 1 manual, 2 bracketed." })),
        ev: Type.Optional(Type.Number({ description: 'Brightness in EV: one more is twice as bright.' })),
        flash: Type.Optional(Type.Boolean()),
      }),
    ),
    preview: Type.Optional(
      Type.Object(
        { offset: Count, length: Count, w: Type.Optional(Count), h: Type.Optional(Count) },
        { description: 'Where in its first file a JPEG lies that shows it, in bytes and pixels.' },
      ),
    ),
    of: Type.Optional(Type.String({ description: 'A copy, or made of other shots: the shot that it was made from.' })),
    set: Type.Optional(SetId),
    position: Type.Optional(Type.Integer({ minimum: 1, description: 'Its place in the set, where it has one.' })),
  },
  { title: 'Shot' },
);

export const PhotoSet = Type.Object(
  {
    id: SetId,
    kind: Type.String({ description: 'exposure, focus, white-balance, burst, panorama and others.' }),
    frames: Type.Array(
      Type.Object({
        shot: ShotId,
        pos: Type.Optional(Type.Integer({ minimum: 1 })),
        ev: Type.Optional(Type.Number()),
        offset: Type.Optional(Type.Number({ description: 'From the base exposure, in EV.' })),
      }),
    ),
    base: Type.Optional(Type.Number({ description: 'Brightness of the base exposure, in EV.' })),
    order: Type.Optional(
      Type.String({ description: 'Signs of the offsets in the order of capture.', examples: ['0-+'] }),
    ),
    expected: Type.Optional(Type.Integer({ minimum: 1, description: 'How many frames it should have.' })),
    expectedFrom: Type.Optional(Type.Enum(['tag', 'menu', 'pattern', 'habit'])),
    complete: Nullable(Type.Boolean({ description: 'null: nothing tells.' })),
    missing: Type.Array(Type.Integer({ minimum: 1 }), { description: 'Positions from 1.' }),
    cause: Type.Optional(Type.String({ description: 'Why frames are missing, probably.' })),
    confidence: Type.Number({ minimum: 0, maximum: 1 }),
    tier: Type.Enum(['A', 'B', 'C', 'D'], {
      description:
        "How it was recognised. A: the camera's tags. B: Exif's bracket mode. C: its ladder. D: the shoot's habit.",
    }),
    why: Type.Array(Type.String()),
    continues: Type.Optional(Type.String({ description: 'The set that this one takes again.' })),
  },
  { title: 'PhotoSet' },
);

export const ShotList = Type.Object(
  {
    version: Type.Literal(1),
    shots: Type.Array(Shot),
    sets: Type.Array(PhotoSet, { description: 'Those that begin on this page.' }),
    singles: Type.Array(ShotId, { description: 'Shots of this page that are in no set.' }),
    problems: Type.Array(
      Type.Object({
        kind: Type.Enum(['incomplete-set', 'missing-sidecar', 'sidecar-without-photo', 'unreadable']),
        set: Type.Optional(SetId),
        shot: Type.Optional(ShotId),
        path: Type.Optional(FileName),
        message: Type.String(),
      }),
    ),
    unknown: Type.Array(Type.Object({ path: FileName, reason: Type.String() }), {
      description: 'Photos without facts, and on the last page files that belong to no photo.',
    }),
    unread: Type.Integer({
      minimum: 0,
      description: 'Uploaded files that the server has not read yet; they are not in this list.',
    }),
    next_cursor: Cursor,
  },
  { title: 'ShotList' },
);

// Upload tokens

const TokenId = Type.String({ format: 'uuid', description: 'Public id of the token; not a secret.' });

const tokenLimits = {
  allowed_names: Nullable(
    Type.Array(FileName, {
      minItems: 1,
      maxItems: MAX_ALLOWED_NAMES,
      description: 'Allowed names; in each, * matches any characters, or none. null allows any name.',
      examples: [['DSC_*.NEF', 'contract.pdf']],
    }),
  ),
  max_bytes: Nullable(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Bytes of all its files together; each file then needs its size declared. null: any.',
    }),
  ),
  max_files: Nullable(
    Type.Integer({ minimum: 1, maximum: MAX_TOKEN_FILES, description: 'Different names. null: any number.' }),
  ),
};

/** One line, as the upload page shows it. */
const TokenTitle = Nullable(
  Type.String({
    minLength: 1,
    maxLength: MAX_TOKEN_TITLE_LENGTH,
    pattern: '^[^\\p{C}\\p{Zl}\\p{Zp}]*$',
    description: 'What the upload page calls the shoot. null: the name of the project.',
    examples: ['Smith wedding'],
  }),
);

export const MintUploadTokenBody = Type.Object({
  expires_in: Type.Optional(
    Type.Integer({
      minimum: TOKEN_SECONDS.min,
      maximum: TOKEN_SECONDS.max,
      default: TOKEN_SECONDS.default,
      description: 'Lifetime in seconds. Links issued with the token expire no later.',
    }),
  ),
  ...Type.Partial(Type.Object(tokenLimits)).properties,
  title: Type.Optional(TokenTitle),
});

const tokenFields = {
  token_id: TokenId,
  expires_at: Timestamp('When the token stops working.'),
  ...tokenLimits,
  title: TokenTitle,
};

export const UploadTokenMinted = Type.Object(
  { ...tokenFields, token: Type.String({ description: 'Goes into x-api-key. It is not shown again.' }) },
  { title: 'UploadTokenMinted' },
);

export const UploadToken = Type.Object(
  {
    ...tokenFields,
    created_at: Timestamp('When it was minted.'),
    last_used_at: Nullable(Timestamp('When it last asked for links or started an upload.')),
    files: Type.Integer({ minimum: 0, description: 'Different names that it asked for.' }),
    bytes: Nullable(Type.Integer({ minimum: 0, description: 'Of max_bytes, what is taken; null without a limit.' })),
  },
  { title: 'UploadToken' },
);

export const OwnUploadToken = Type.Object(
  {
    ...tokenFields,
    files: Type.Integer({ minimum: 0, description: 'Different names that it asked for.' }),
    bytes: Nullable(Type.Integer({ minimum: 0, description: 'Of max_bytes, what is taken; null without a limit.' })),
    project_uuid: Type.String({ format: 'uuid' }),
    project_name: Type.String(),
    flow: Type.Enum(Object.keys(FAMILIES) as Family[], { description: 'Which family the project is in.' }),
    studio_name: Nullable(Type.String({ description: 'Who receives the photos: DARKSLIDE_STUDIO_NAME.' })),
  },
  { title: 'OwnUploadToken' },
);

export const UploadTokenList = Type.Object({ upload_tokens: Type.Array(UploadToken), next_cursor: Cursor });

// Envelopes

/** Success: `{"data": …}`, wrapped once. */
export const Data = <Schema extends TSchema>(schema: Schema) => Type.Object({ data: schema });

export const ErrorBody = Type.Object(
  {
    error: Type.Object({
      code: Type.String({ description: 'One of the closed catalogue (docs/errors.md).' }),
      message: Type.String(),
      request_id: Type.String(),
      details: Type.Optional(Type.Array(Type.Unknown())),
    }),
    detail: Type.String({ description: 'The same sentence as `error.message`, for clients of 2024.' }),
  },
  { title: 'Error' },
);

export type CreateProjectBody = Static<typeof CreateProjectBody>;
export type ProjectDeleted = Static<typeof ProjectDeleted>;
export type ProjectCreated = Static<typeof ProjectCreated>;
export type UploadLinksBody = Static<typeof UploadLinksBody>;
export type StartMultipartBody = Static<typeof StartMultipartBody>;
export type PartLinksBody = Static<typeof PartLinksBody>;
export type CompleteMultipartBody = Static<typeof CompleteMultipartBody>;
export type AbortMultipartBody = Static<typeof AbortMultipartBody>;
export type Project = Static<typeof Project>;
export type ProjectList = Static<typeof ProjectList>;
export type ProjectStatus = Static<typeof ProjectStatus>;
export type UploadLink = Static<typeof UploadLink>;
export type UploadLinks = Static<typeof UploadLinks>;
export type PartLink = Static<typeof PartLink>;
export type PartLinks = Static<typeof PartLinks>;
export type Part = Static<typeof Part>;
export type MultipartState = Static<typeof MultipartState>;
export type MultipartStarted = Static<typeof MultipartStarted>;
export type MultipartCompleted = Static<typeof MultipartCompleted>;
export type MultipartUpload = Static<typeof MultipartUpload>;
export type MultipartUploadList = Static<typeof MultipartUploadList>;
export type File = Static<typeof File>;
export type FileList = Static<typeof FileList>;
export type FileStatus = Static<typeof FileStatus>;
export type FileWithDownload = Static<typeof FileWithDownload>;
export type ShotList = Static<typeof ShotList>;
export type MintUploadTokenBody = Static<typeof MintUploadTokenBody>;
export type UploadTokenMinted = Static<typeof UploadTokenMinted>;
export type UploadToken = Static<typeof UploadToken>;
export type OwnUploadToken = Static<typeof OwnUploadToken>;
export type ErrorBody = Static<typeof ErrorBody>;
