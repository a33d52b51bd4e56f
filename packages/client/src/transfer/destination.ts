import type { ProjectApi } from '../api/project-api.ts';
import type { RemoteState } from '../api/remote-state.ts';
import type { Md5 } from '../base/ports.ts';
import type { EtagTrust } from './etags.ts';
import type { Journal } from './journal.ts';

/** The project that files are uploaded to, and what is known of it. */
export type Destination = {
  readonly api: ProjectApi;
  /** What storage held when the run began. */
  readonly remote: RemoteState;
  readonly journal: Journal;
  readonly md5: Md5;
  /** Whether ETags of multipart objects are made of MD5s. */
  readonly multipartTrust: EtagTrust;
};
