import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConfigurationError } from '../index.ts';
import { type Environment, proxiesOf } from './proxies.ts';

const via = (url: string, env: Environment) => proxiesOf(env)?.(new URL(url));

test("the proxy is the one of the URL's scheme, lower case first", () => {
  const env = {
    http_proxy: 'proxy.test:3128',
    HTTP_PROXY: 'http://other.test',
    HTTPS_PROXY: 'https://u:p@secure.test',
  };
  assert.equal(via('http://a.test', env), 'http://proxy.test:3128/');
  assert.equal(via('https://a.test', env), 'https://u:p@secure.test/');
  assert.equal(via('https://a.test', { HTTP_PROXY: 'http://proxy.test' }), undefined);
  assert.equal(proxiesOf({ HTTP_PROXY: '', NO_PROXY: '*' }), undefined);
});

test('NO_PROXY takes names with all below them, addresses, ranges and ports', () => {
  const cases: [string, string, boolean][] = [
    ['*', 'http://a.test', true],
    ['a.test', 'http://a.test', true],
    ['a.test', 'http://b.a.test', true],
    ['a.test', 'http://ba.test', false],
    ['.a.test', 'http://b.a.test', true],
    ['*.a.test', 'http://b.a.test', true],
    ['x.test, A.test', 'http://a.TEST', true],
    ['x.test a.test', 'http://a.test', true],
    ['a.test:8080', 'http://a.test:8080', true],
    ['a.test:8080', 'http://a.test', false],
    ['a.test:80', 'http://a.test', true],
    ['127.0.0.1', 'http://127.0.0.1:9000', true],
    ['10.0.0.0/8', 'http://10.255.0.1', true],
    ['10.0.0.0/8', 'http://11.0.0.1', false],
    ['10.0.0.0/8', 'http://[::1]', false],
    ['::1', 'http://[::1]:9000', true],
    ['[::1]:9000', 'http://[::1]:9000', true],
    ['fd00::/8', 'http://[fd12::1]', true],
    ['10.0.0.0/99', 'http://10.0.0.1', false],
    ['', 'http://a.test', false],
  ];
  for (const [no_proxy, url, direct] of cases) {
    const proxy = via(url, { http_proxy: 'http://proxy.test', no_proxy });
    assert.equal(proxy === undefined, direct, `${no_proxy} for ${url}`);
  }
});

test('what is not an HTTP proxy is refused, and not repeated', () => {
  for (const HTTPS_PROXY of ['socks5://user:secret@proxy.test', 'http://user:secret@pro xy', 'http://']) {
    assert.throws(
      () => proxiesOf({ HTTPS_PROXY }),
      (error: unknown) => error instanceof ConfigurationError && !error.message.includes('secret'),
    );
  }
});
