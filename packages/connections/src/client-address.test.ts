import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressGroup, isAddressRange, TrustedProxies } from './client-address.ts';

test('only what trusted proxies wrote is believed', () => {
  const trusted = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8']);
  for (const [connected, forwarded, client] of [
    ['203.0.113.9', '198.51.100.1', '203.0.113.9'],
    ['10.0.0.1', undefined, '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:10.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['10.0.0.1', '1.1.1.1, 198.51.100.1, 192.0.2.1', '198.51.100.1'],
    ['10.0.0.1', 'nonsense', '10.0.0.1'],
    ['10.0.0.1', '198.51.100.1, nonsense', '10.0.0.1'],
    ['fd00::1', '2001:db8::1', '2001:db8::1'],
    ['', '198.51.100.1', ''],
  ] as const) {
    assert.equal(trusted.clientOf(connected, forwarded), client, `${connected} ${forwarded}`);
  }
  assert.equal(new TrustedProxies([]).clientOf('127.0.0.1', '198.51.100.1'), '127.0.0.1');
});

test('a client is an address, of IPv6 a network', () => {
  assert.equal(addressGroup('203.0.113.9'), '203.0.113.9');
  assert.equal(addressGroup('::ffff:203.0.113.9'), '203.0.113.9');
  for (const address of ['2001:db8:1:2::1', '2001:db8:1:2:3:4:5:6', '2001:0db8:1:2::']) {
    assert.equal(addressGroup(address), '2001:db8:1:2');
  }
  assert.equal(addressGroup('2001:db8::1'), '2001:db8:0:0');
  assert.equal(addressGroup('fe80::1%eth0'), 'fe80:0:0:0');
  assert.equal(addressGroup('::1'), '0:0:0:0');
});

test('ranges are told from what is none', () => {
  for (const range of ['10.0.0.0/8', '10.0.0.1', '::1', 'fd00::/8', '0.0.0.0/0']) {
    assert.ok(isAddressRange(range), range);
  }
  for (const text of ['', 'proxy', '10.0.0.0/33', '10.0.0/8', '::1/129', '10.0.0.0/8/8', '10.0.0.0/x']) {
    assert.ok(!isAddressRange(text), text);
  }
});
