import { UploadTokens } from './access/upload-tokens.ts';
import type { Database } from './database/database.ts';
import type { Rules } from './routes/handlers.ts';
import { Arrivals, type OnDamaged } from './uploads/arrivals.ts';
import { Deletion } from './uploads/deletion.ts';
import { UploadLinks } from './uploads/links.ts';
import { MultipartUploads } from './uploads/multipart.ts';
import type { ObjectStore } from './uploads/object-store.ts';
import { Projects } from './uploads/projects.ts';
import { TokenLimits } from './uploads/token-limits.ts';
import { type EndingTimes, UploadEnding } from './uploads/upload-ending.ts';

/** The rules over one database and one storage. */
export function createRules(
  { projects, files, uploads, uploadTokens }: Pick<Database, 'projects' | 'files' | 'uploads' | 'uploadTokens'>,
  store: ObjectStore,
  {
    now = Date.now,
    times,
    onDamaged = () => {},
  }: { now?: () => number; times?: EndingTimes; onDamaged?: OnDamaged } = {},
): Rules {
  const arrivals = new Arrivals({ projects, files, store, onDamaged });
  const limits = new TokenLimits({ tokens: uploadTokens, store, now });
  const ending = new UploadEnding({ uploads, files, store, now, ...(times && { times }) });
  return {
    projects: new Projects({ projects, arrivals, now }),
    links: new UploadLinks({ files, store, limits }),
    arrivals,
    multipart: new MultipartUploads({ uploads, store, ending, limits, now }),
    ending,
    deletion: new Deletion({ projects, files, uploads, ending, store, now }),
    uploadTokens: new UploadTokens({ tokens: uploadTokens, now }),
  };
}
