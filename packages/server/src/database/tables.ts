import type { EventType, KeyScope } from '@darkslide/contract';
import type { Generated, Selectable } from 'kysely';

/** The two places where the same tables live. */
export type DatabaseKind = 'sqlite' | 'postgres';

// Moments are milliseconds since 1970 (UTC), sizes are bytes; both fit a JavaScript number.

type AccountsTable = {
  id: Generated<number>;
  name: string;
  created_at: number;
  /** How many of its events have a position. */
  last_position: Generated<number>;
};

type ApiKeysTable = {
  id: Generated<number>;
  account_id: number;
  /** The first characters of `hash`: what a lookup goes by, and what identifies the key to its operator. */
  prefix: string;
  /** SHA-256 of the key, hex. The key itself is nowhere. */
  hash: string;
  /** `configured`: in the server's configuration, which holds for as long as it stands there. */
  origin: 'configured' | 'created';
  scope: Generated<KeyScope>;
  label: string | null;
  created_at: number;
  last_used_at: number | null;
  /** A revoked key stays, so that it can't come back by the configuration. */
  revoked_at: number | null;
};

type ProjectsTable = {
  id: Generated<number>;
  uuid: string;
  account_id: number;
  family: string;
  /** NFC; unique in an account. */
  name: string;
  created_at: number;
  // How many files were asked for, and how many of them arrived; triggers on `files` keep them.
  file_count: Generated<number>;
  arrived_count: Generated<number>;
  /** 1 while not all of its files have arrived. A trigger keeps it. */
  waiting: Generated<number>;
  /** Counts the changes to what is known of its photos. */
  facts_version: Generated<number>;
  /** When it was deleted: clients no longer see it, and what late PUTs bring is removed. */
  deleted_at: number | null;
};

type FilesTable = {
  project_id: number;
  /** NFC, ordered by the bytes of its UTF-8, as storage orders keys. */
  name: string;
  /** As the client declared it, base64. */
  md5: string | null;
  /** The upload token that alone has asked for it; null where an API key did as well, or several tokens, or none. */
  only_token_id: number | null;
  /** 1: a link for a single PUT was asked for. 0: multipart uploads alone asked for it, and it goes with the last. */
  has_link: Generated<number>;
  // What storage last said of it; all null while it has not arrived.
  size: number | null;
  etag: string | null;
  uploaded_at: number | null;
  /** The ETag of the content whose facts are in `photo_facts`; null where none was read. */
  facts_etag: Generated<string | null>;
};

/** What a file's head says, as JSON of `PhotoFacts`; `thumbnail` is 1 where storage has one, otherwise 0. */
type PhotoFactsTable = { project_id: number; name: string; facts: string; thumbnail: Generated<number> };

/** `aborting` and `completing` are held by one node until `busy_until`; after that any other may take over. */
type UploadState = 'open' | 'completing' | 'completed' | 'aborting' | 'aborted';

type MultipartUploadsTable = {
  id: Generated<number>;
  project_id: number;
  upload_id: string;
  /** NFC. */
  file_name: string;
  part_count: number;
  /** As the client declared it at the start. */
  declared_size: number | null;
  state: UploadState;
  /** Counts every change of state: a change names the version that it starts from, and only one wins. */
  version: number;
  /** By the database's clock. */
  busy_until: number | null;
  // What completing was going to give, recorded before storage was asked; after completing, what it gave.
  size: number | null;
  etag: string | null;
  created_at: number;
  links_issued_at: number;
  /** The upload token that started it; null where an API key did. */
  token_id: number | null;
  /** Where a token's bytes bound it: the size of every part but the last. Part links sign their part's size then. */
  part_size: number | null;
};

type LeasesTable = {
  name: string;
  /** The node that has it; empty where none does. */
  holder: string;
  /** By the database's clock. Until then no other node can take it. */
  expires_at: number;
};

type UploadTokensTable = {
  id: Generated<number>;
  /** The public one, a uuid. */
  token_id: string;
  /** As in `api_keys`. */
  prefix: string;
  hash: string;
  /** The key that minted it, and that it dies with. */
  key_id: number;
  project_id: number;
  /** JSON, a list of names and patterns in NFC. */
  allowed_names: string | null;
  max_bytes: number | null;
  max_files: number | null;
  title: string | null;
  // The sums over its upload_token_files.
  bytes: Generated<number>;
  files: Generated<number>;
  created_at: number;
  expires_at: number;
  last_used_at: number | null;
  revoked_at: number | null;
};

/** A name that a token asked for, with the largest size; 0 where the token has no limit of bytes. */
type UploadTokenFilesTable = { token_id: number; name: string; size: number };

type EventsTable = {
  id: Generated<number>;
  /** The public id. */
  uuid: string;
  account_id: number;
  project_uuid: string;
  type: EventType;
  /** JSON of the contract's `EventData`. */
  data: string;
  created_at: number;
  /** Its place among the account's events; null until it is read for the first time. */
  position: number | null;
};

export type Tables = {
  accounts: AccountsTable;
  api_keys: ApiKeysTable;
  projects: ProjectsTable;
  files: FilesTable;
  photo_facts: PhotoFactsTable;
  multipart_uploads: MultipartUploadsTable;
  events: EventsTable;
  leases: LeasesTable;
  upload_tokens: UploadTokensTable;
  upload_token_files: UploadTokenFilesTable;
};

export type ApiKeyRow = Selectable<ApiKeysTable>;
export type ProjectRow = Selectable<ProjectsTable>;
export type FileRow = Selectable<FilesTable>;
/** With the milliseconds for which a node still holds it; 0 or less: none does. */
export type UploadRow = Selectable<MultipartUploadsTable> & { held_for: number };
export type UploadTokenRow = Selectable<UploadTokensTable>;
