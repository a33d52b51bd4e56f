import { Arrivals, type OnDamaged } from './arrivals/arrivals.ts';
import { Deletion } from './deletion/deletion.ts';
import type { Rules } from './http/handlers.ts';
import { UploadLinks } from './links/links.ts';
import { MultipartUploads } from './multipart/multipart.ts';
import { type EndingTimes, UploadEnding } from './multipart/upload-completion.ts';
import type { Database } from './open-database.ts';
import { Shots } from './photos/shots.ts';
import { Thumbnails } from './photos/thumbnails.ts';
import { Projects } from './projects/projects.ts';
import type { QuotaLimits } from './quotas/quota-table.ts';
import { DEFAULT_QUOTAS, Quotas } from './quotas/quotas.ts';
import type { ObjectStore } from './storage/object-store.ts';
import { TokenLimits } from './tokens/token-limits.ts';
import { UploadTokens } from './tokens/upload-tokens.ts';

type RuleOptions = {
  now?: () => number;
  times?: EndingTimes;
  onDamaged?: OnDamaged;
  quotaLimits?: QuotaLimits;
  /** Who receives the photos; null where it is not said. */
  studioName?: string | null;
  /** Whether the heads of photos are read. */
  readsPhotos?: boolean;
};

/** The rules over one database and one storage. */
export function createRules(
  { projects, files, photos, quotas: table, uploads, uploadTokens }: Omit<Database, 'close'>,
  store: ObjectStore,
  {
    now = Date.now,
    times,
    onDamaged = () => {},
    quotaLimits = DEFAULT_QUOTAS,
    studioName = null,
    readsPhotos = true,
  }: RuleOptions = {},
): Rules {
  const arrivals = new Arrivals({ projects, files, store, onDamaged });
  const quotas = new Quotas({ limits: quotaLimits, table, projects, arrivals, now });
  const limits = new TokenLimits({ tokens: uploadTokens, store, now });
  const ending = new UploadEnding({ uploads, files, store, now, ...(times && { times }) });
  const thumbnails = new Thumbnails({ photos, store, isOn: readsPhotos });
  return {
    projects: new Projects({ projects, arrivals, thumbnails, now }),
    links: new UploadLinks({ files, store, limits, quotas }),
    arrivals,
    shots: new Shots({ photos, thumbnails, arrivals, isOn: readsPhotos }),
    multipart: new MultipartUploads({ uploads, store, ending, limits, quotas, now }),
    ending,
    deletion: new Deletion({ projects, files, uploads, ending, store, now }),
    uploadTokens: new UploadTokens({ tokens: uploadTokens, quotas, studioName, now }),
  };
}
