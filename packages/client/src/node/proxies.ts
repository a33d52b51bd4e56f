import { BlockList, isIP } from 'node:net';
import { ConfigurationError } from '../base/errors.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The URL of the proxy for a URL, with its password; undefined for a direct connection. */
export type ProxyOf = (url: URL) => string | undefined;

/** The built-in agents support proxies from these versions on. */
const supportsProxies = ([major = 0, minor = 0]: readonly number[]) =>
  major > 24 || (major === 24 && minor >= 5) || (major === 22 && minor >= 21);

/**
 * The proxies that HTTP_PROXY, HTTPS_PROXY and NO_PROXY name, as curl reads them: lower case first, a name in NO_PROXY
 * stands for all hosts below it too. Undefined where there is none.
 * @throws {ConfigurationError} for what is not the URL of an HTTP proxy. The message does not contain it: it may have a password.
 */
export function proxiesOf(env: Environment): ProxyOf | undefined {
  const http = proxyUrl(env, 'http_proxy');
  const https = proxyUrl(env, 'https_proxy');
  if (!http && !https) return undefined;
  if (!supportsProxies(process.versions.node.split('.').map(Number))) {
    throw new ConfigurationError(
      `Node ${process.versions.node} cannot use a proxy. Use Node 24.5, or 22.21, or newer; or unset HTTP_PROXY and HTTPS_PROXY.`,
    );
  }
  const isDirect = directHosts(variable(env, 'no_proxy') ?? '');
  return (url) => (isDirect(url) ? undefined : url.protocol === 'https:' ? https : http);
}

const variable = (env: Environment, name: string) => env[name] || env[name.toUpperCase()] || undefined;

function proxyUrl(env: Environment, name: string): string | undefined {
  const text = variable(env, name);
  if (text === undefined) return undefined;
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (url && /^https?:$/.test(url.protocol)) return url.href;
  throw new ConfigurationError(
    `${name.toUpperCase()} is not the URL of an HTTP proxy. Use one such as http://proxy.example.com:3128, or unset it.`,
  );
}

type Test = (host: string, port: string) => boolean;

/** Names, addresses and ranges of addresses, with or without a port; `*` for all. */
function directHosts(list: string): (url: URL) => boolean {
  const tests = list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter(Boolean)
    .map(directHost);
  return ({ protocol, hostname, port }) => {
    const host = hostname.replace(/^\[|\]$/g, '');
    return tests.some((test) => test(host, port || (protocol === 'https:' ? '443' : '80')));
  };
}

function directHost(entry: string): Test {
  if (entry === '*') return () => true;
  const [, address, bits] = /^(.*)\/(\d{1,3})$/.exec(entry) ?? [];
  if (address !== undefined && isIP(address)) return inRange(address, Number(bits));
  const [, bracketed, plain = '', port] = /^(?:\[(.*)\]|([^:]*|.*:.*:.*?))(?::(\d+))?$/.exec(entry) ?? [];
  const name = bracketed ?? plain.replace(/^\*?\./, '');
  return (host, at) => (host === name || host.endsWith(`.${name}`)) && (port === undefined || port === at);
}

function inRange(address: string, bits: number): Test {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (bits > (family === 'ipv6' ? 128 : 32)) return () => false;
  const range = new BlockList();
  range.addSubnet(address, bits, family);
  return (host) => isIP(host) !== 0 && range.check(host, isIP(host) === 6 ? 'ipv6' : 'ipv4');
}
