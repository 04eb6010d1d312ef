import { AddressRefused } from '../webhook.errors.js';
import { Networks } from './networks.js';
import { WebhookAddress } from './webhook-address.js';

const strict = new WebhookAddress({ httpsOnly: true, privateNetworks: [] });

describe('Networks', () => {
  const none = new Networks([]);

  it.each([
    ...[
      '0.0.0.0',
      '0.1.2.3',
      '127.0.0.1',
      '127.255.255.254',
      '10.0.0.1',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.1.1',
    ],
    ...[
      '169.254.169.254',
      '100.64.0.1',
      '100.100.100.200',
      '100.127.255.255',
      '192.0.0.8',
      '192.0.2.1',
      '198.51.100.1',
    ],
    ...['203.0.113.1', '198.18.0.1', '198.19.255.255', '192.88.99.1', '224.0.0.1', '239.255.255.250', '240.0.0.1'],
    ...['255.255.255.255', '168.63.129.16'],
    ...['::', '::1', '::127.0.0.1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '::ffff:0:127.0.0.1', '64:ff9b::7f00:1'],
    ...[
      '64:ff9b:1::a00:1',
      '2002:7f00:1::',
      '2002:a9fe:a9fe::1',
      '2001:0:53aa:64c::1',
      'fe80::1',
      'fe80::1%eth0',
      'fc00::1',
    ],
    ...['fd00:ec2::254', 'fec0::1', 'ff02::1', '2001:db8::1', '3fff::1', '100::1', '2001:2::1', '5f00::1'],
    ...['', 'localhost', '1', '127.1', '0x7f000001'],
  ])('keeps webhooks from %s', (address) => {
    expect(none.mayReach(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '93.184.216.34',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001:810::200e',
  ])('lets webhooks go to %s', (address) => expect(none.mayReach(address)).toBe(true));

  it("lets them go to the operator's own networks, and to no others", () => {
    const own = new Networks(['10.20.0.0/16', 'fd12::/32', '192.168.1.5']);
    for (const address of ['10.20.255.1', 'fd12::7', '192.168.1.5']) expect(own.mayReach(address)).toBe(true);
    for (const address of ['10.21.0.1', 'fd13::7', '192.168.1.6', '::ffff:10.20.0.1'])
      expect(own.mayReach(address)).toBe(false);
  });
});

describe('WebhookAddress', () => {
  it.each([
    ...['http://example.com/', 'ftp://example.com/', 'file:///etc/passwd', 'example.com', '', 'https://'],
    ...[
      'https://user:password@example.com/',
      'https://user@example.com/',
      'https://example.com:25/',
      'https://example.com:6379/',
    ],
    ...['https://127.0.0.1/', 'https://127.1/', 'https://2130706433/', 'https://0x7f.0.0.1/', 'https://0177.0.0.1/'],
    ...[
      'https://[::1]/',
      'https://[::ffff:169.254.169.254]/',
      'https://169.254.169.254/latest',
      'https://１２７.0.0.1/',
    ],
  ])('refuses %s by its spelling', (url) => {
    expect(() => strict.read(url)).toThrow(AddressRefused);
  });

  it.each(['https://example.com/hook?x=1', 'https://example.com:8443/', 'https://1.1.1.1/'])('reads %s', (url) => {
    expect(strict.read(url).href).toBe(url);
  });

  it('knows http:// where it may', () => {
    expect(new WebhookAddress({ httpsOnly: false, privateNetworks: [] }).read('http://example.com/').protocol).toBe(
      'http:',
    );
  });

  it.each(['localhost', 'localhost.'])('refuses %s, which this machine resolves', async (name) => {
    await expect(strict.addressesOf(name)).rejects.toBeInstanceOf(AddressRefused);
  });

  it('refuses a name with one address that is not public, wherever it stands', async () => {
    const of = (...all: string[]) =>
      new WebhookAddress({
        httpsOnly: true,
        privateNetworks: [],
        resolve: () => Promise.resolve(all.map((address) => ({ address, family: 4 }))),
      }).addressesOf('example.com');
    await expect(of('1.1.1.1', '10.0.0.1')).rejects.toBeInstanceOf(AddressRefused);
    await expect(of('10.0.0.1', '1.1.1.1')).rejects.toBeInstanceOf(AddressRefused);
    await expect(of()).rejects.toMatchObject({ word: 'unresolved' });
    expect(await of('1.1.1.1', '1.0.0.1')).toHaveLength(2);
  });
});
