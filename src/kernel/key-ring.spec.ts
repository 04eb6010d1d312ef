import { KeyRing, SecretGone } from './key-ring.js';

const context = Buffer.from('row');

describe('KeyRing', () => {
  const ring = new KeyRing('a'.repeat(32));
  const rotated = new KeyRing('b'.repeat(32), 'a'.repeat(32));

  it('opens what it sealed, and seals the same text differently each time', () => {
    const [one, two] = [ring.seal('+14155552671', context), ring.seal('+14155552671', context)];
    expect(ring.open(one, context)).toBe('+14155552671');
    expect(Buffer.from(one.data).equals(two.data)).toBe(false);
  });

  it('opens rows of the previous secret after a rotation, and derives their codes', () => {
    const sealed = ring.seal('+14155552671', context);
    expect(rotated.open(sealed, context)).toBe('+14155552671');
    expect(rotated.codeKey(ring.version)).toEqual(ring.codeKey(ring.version));
    expect(rotated.version).not.toBe(ring.version);
  });

  it('refuses a changed row, a row moved to another phone, and a secret that is gone', () => {
    const sealed = ring.seal('+14155552671', context);
    const changed = Buffer.from(sealed.data);
    changed[15]! ^= 1;
    expect(() => ring.open({ ...sealed, data: changed }, context)).toThrow();
    expect(() => ring.open(sealed, Buffer.from('another row'))).toThrow();
    expect(() => new KeyRing('c'.repeat(32)).open(sealed, context)).toThrow(SecretGone);
  });

  it('keeps phones and addresses apart, and tells nothing without the secret', () => {
    expect(ring.lookupKey('phone', 'x')).not.toEqual(ring.lookupKey('ip', 'x'));
    expect(ring.lookupKey('phone', 'x')).not.toEqual(rotated.lookupKey('phone', 'x'));
  });
});
