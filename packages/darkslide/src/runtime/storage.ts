import type { StorageConfig } from '@darkslide/server';
import type { Configuration, StorageChoice, StoreCredentials } from '../settings/configuration.ts';

/** The embedded store's bucket. */
export const EMBEDDED_BUCKET = 'darkslide';

/** How the server reaches the embedded store: itself at `endpoint`, its clients at `clientEndpoint`. */
export function embeddedStorage(
  configuration: Configuration,
  options: { endpoint: string; clientEndpoint?: string; credentials: StoreCredentials },
): StorageConfig {
  const { endpoint, clientEndpoint, credentials } = options;
  const publicEndpoint = configuration.publicStoreUrl ?? clientEndpoint;
  return {
    ...shared(configuration),
    publicEndpoint,
    endpoint,
    bucket: EMBEDDED_BUCKET,
    forcePathStyle: true,
    credentials,
  };
}

/** How the server reaches an external S3. The AWS SDK finds the credentials. */
export function externalStorage(
  configuration: Configuration,
  { endpoint, bucket, forcePathStyle }: Extract<StorageChoice, { kind: 's3' }>,
): StorageConfig {
  return { ...shared(configuration), endpoint, bucket, forcePathStyle, credentials: undefined };
}

function shared({ region, signContentType, publicStoreUrl }: Configuration) {
  return { region, signContentType, publicEndpoint: publicStoreUrl };
}
