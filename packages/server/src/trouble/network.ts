/** Why something on the network could not be called, to stand after its name: `refuses connections`. */
export type NetworkTrouble = { problem: string; remedy: string };

const UNREACHABLE = { problem: "can't be reached", remedy: 'check its address, the network and the firewall' };
const SILENT = { problem: 'does not respond in time', remedy: 'check that it runs, its address, and the firewall' };
const UNTRUSTED = {
  problem: 'shows a certificate that is not trusted here',
  remedy: 'let it show one of a known authority, or name its authority in NODE_EXTRA_CA_CERTS',
};

/** By Node's and OpenSSL's codes. */
const TROUBLES: Record<string, NetworkTrouble> = {
  ENOTFOUND: { problem: 'has a host name that does not exist', remedy: 'check the name' },
  EAI_AGAIN: { problem: "has a host name that can't be looked up now", remedy: 'check the name, and the DNS' },
  ECONNREFUSED: { problem: 'refuses connections', remedy: 'check that it runs, and its port' },
  ECONNRESET: { problem: 'breaks connections off', remedy: 'check its port, and whether it expects https' },
  EPIPE: { problem: 'breaks connections off', remedy: 'check its port, and whether it expects https' },
  EHOSTUNREACH: UNREACHABLE,
  ENETUNREACH: UNREACHABLE,
  EADDRNOTAVAIL: UNREACHABLE,
  ETIMEDOUT: SILENT,
  ESOCKETTIMEDOUT: SILENT,
  EPROTO: { problem: 'does not speak TLS', remedy: 'check its port, and whether it expects http' },
  CERT_HAS_EXPIRED: { problem: 'shows a certificate that has expired', remedy: 'renew it, or set this clock right' },
  CERT_NOT_YET_VALID: { problem: 'shows a certificate that is not valid yet', remedy: 'set this clock right' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    problem: 'shows a certificate for another host name',
    remedy: 'call it by the name in its certificate',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: UNTRUSTED,
  SELF_SIGNED_CERT_IN_CHAIN: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT: UNTRUSTED,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNTRUSTED,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNTRUSTED,
};

/** What Node's parser says of a response that is not HTTP. */
const NOT_HTTP = { problem: 'does not speak HTTP', remedy: 'check its port, and whether it expects https' };

/** Undefined where the error is not one of the network. */
export function networkTrouble(error: unknown): NetworkTrouble | undefined {
  if (error instanceof AggregateError && error.errors.length > 0) return networkTrouble(error.errors[0]);
  if (!(error instanceof Error)) return undefined;
  if (/^(Abort|Timeout)Error$/.test(error.name)) return SILENT;
  const { code } = error as NodeJS.ErrnoException;
  if (typeof code !== 'string') return undefined;
  return TROUBLES[code] ?? (code.startsWith('HPE_') ? NOT_HTTP : undefined);
}
