import type { Family } from '@darkslide/contract';
import type { ProjectRow, UploadTokenRow } from '../database/tables.ts';

/** Who asks, in which family of projects. An upload token sees its own project alone. */
export type Scope = { accountId: number; family: Family; token?: UploadTokenRow | undefined };

/** A project as its caller may use it: freely by API key, within its limits by upload token. */
export type AccessedProject = ProjectRow & { token?: UploadTokenRow | undefined };
