/** A long-term key pair, or a temporary one where `sessionToken` is set. */
export type Credentials = {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string | undefined;
};
