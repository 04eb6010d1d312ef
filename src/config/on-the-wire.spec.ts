import { isReadableOnTheWire } from './on-the-wire.js';

describe('a connection to a store', () => {
  it.each([
    'postgresql://u:p@db.example.com/d',
    'postgres://u:p@10.0.0.7:5432/d?application_name=x',
    'postgresql://u:p@db/d?sslmode=disable',
    'postgresql://u:p@db/d?sslmode=no-verify',
    'postgresql://u:p@db/d?ssl=false',
    'postgresql://u:p@127.0.0.1.example.com/d',
    'redis://:p@cache:6379',
    'redis://10.0.0.8',
  ])('can be read on its way: %s', (url) => {
    expect(isReadableOnTheWire(url)).toBe(true);
  });

  it.each([
    undefined,
    'not a URL',
    'postgresql://u:p@db/d?sslmode=verify-full',
    'postgresql://u:p@db/d?sslmode=require',
    'postgresql://u:p@db/d?ssl=true',
    'postgresql://u:p@db/d?sslrootcert=/etc/ca.pem',
    'postgresql://u:p@localhost/d',
    'postgresql://u:p@127.0.0.1:5432/d',
    'postgresql://u:p@[::1]/d',
    'postgresql://u:p@/d?host=/var/run/postgresql',
    'redis://localhost:6379',
    'rediss://:p@cache:6379',
  ])('is nobody else’s business: %s', (url) => {
    expect(isReadableOnTheWire(url)).toBe(false);
  });
});
