import { IF_ABSENT, MAX_LINK_TTL_SECONDS } from '@darkslide/contract';
import { type Credentials, createPresigner, type Presigner } from '@darkslide/s3wire';
import { type LinkSigner, StorageUnavailableError } from '../object-store.ts';

type SignerOptions = {
  /** The current ones; the SDK's provider fetches new ones when the old are about to expire. */
  credentials: () => Promise<Credentials & { expiration?: Date | undefined }>;
  endpoint: string;
  region: string;
  bucket: string;
  pathStyle: boolean;
  ttlSeconds: number;
  now: () => Date;
};

/** The headers that a PUT link signs besides host: an empty content type, or none. */
export type SignedHeaders = { 'content-type': '' } | Record<never, never>;

/** The current credentials have expired, and the provider has no newer ones. */
export class CredentialsExpiredError extends StorageUnavailableError {
  override readonly name = 'CredentialsExpiredError';
  constructor() {
    super('The storage credentials have expired.');
  }
}

/** Makes link signers from the current credentials. */
export class SignerFactory {
  readonly #options: SignerOptions;
  #presigner: { identity: string; presigner: Presigner } | undefined;
  /** The moment that the next link is signed for; set before each, as the presigner lives longer than a request. */
  #moment = new Date(0);

  constructor(options: SignerOptions) {
    this.#options = options;
  }

  /** Links that live the configured time, but not beyond the credentials that sign them, nor, to the second, `until`. */
  async signer(putHeaders: SignedHeaders, { until }: { until?: Date | undefined } = {}): Promise<LinkSigner> {
    const credentials = await this.#options.credentials();
    // SigV4 knows whole seconds.
    const signedAt = Math.floor(this.#options.now().getTime() / 1000) * 1000;
    const credentialLife = ((credentials.expiration?.getTime() ?? Number.POSITIVE_INFINITY) - signedAt) / 1000;
    if (credentialLife < 1) throw new CredentialsExpiredError();
    const wantedLife = Math.max(1, ((until?.getTime() ?? Number.POSITIVE_INFINITY) - signedAt) / 1000);
    const { ttlSeconds } = this.#options;
    const expiresIn = Math.floor(Math.min(ttlSeconds, MAX_LINK_TTL_SECONDS, credentialLife, wantedLife));

    const presigner = this.#presignerOf(credentials);
    const moment = new Date(signedAt);
    const presign: Presigner['presign'] = (request) => {
      this.#moment = moment;
      return presigner.presign(request);
    };
    return {
      expiresAt: new Date(signedAt + expiresIn * 1000),
      put: (key, { size, ifAbsent } = {}) => {
        const headers = { ...withLength(putHeaders, size), ...(ifAbsent && IF_ABSENT) };
        return presign({ method: 'PUT', key, expiresIn, headers });
      },
      putPart: ({ key, uploadId }, partNumber, { size } = {}) => {
        const query = { partNumber: String(partNumber), uploadId };
        return presign({ method: 'PUT', key, query, expiresIn, headers: withLength(putHeaders, size) });
      },
      get: (key, fileName) => {
        const query = { 'response-content-disposition': contentDisposition(fileName) };
        return presign({ method: 'GET', key, query, expiresIn });
      },
      view: (key) => presign({ method: 'GET', key, expiresIn }),
    };
  }

  /** One presigner as long as the credentials stay the same. */
  #presignerOf(credentials: Credentials): Presigner {
    const { accessKeyId, secretAccessKey, sessionToken } = credentials;
    const identity = `${accessKeyId}\n${secretAccessKey}\n${sessionToken ?? ''}`;
    if (this.#presigner?.identity === identity) return this.#presigner.presigner;
    const { endpoint, region, bucket, pathStyle } = this.#options;
    const presigner = createPresigner({
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      endpoint,
      region,
      bucket,
      pathStyle,
      now: () => this.#moment,
    });
    this.#presigner = { identity, presigner };
    return presigner;
  }
}

/** Storage then refuses any other length: the only way to bound what a link takes. */
const withLength = (headers: SignedHeaders, size: number | undefined): Readonly<Record<string, string>> =>
  size === undefined ? headers : { ...headers, 'content-length': String(size) };

/** RFC 6266: the name for everyone, and an ASCII stand-in for those that do not read the first. */
function contentDisposition(fileName: string): string {
  const ascii = fileName.replace(/[^ -~]/g, '_').replace(/["%]/g, '_');
  const encoded = encodeURIComponent(fileName).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${ascii}"; filename*=UTF-8''${encoded}`;
}
