import { hardToGuess } from './guessed-words.js';

describe('hardToGuess', () => {
  it.each([
    'sixdigit-admin-2026',
    'SixDigit-Operator!',
    'P@ssw0rd1234567890',
    'adminadminadmin',
    'correct-password',
    'qwertyuiop123456',
    'asdfghjkl;123456789',
    '1q2w3e4r5t6y7u8i',
    'aaaaaaaaaaaaaaaaaaaa',
    'Welcome-Admin-2025!',
    'verification-code-sms',
    'iloveyou12345678',
    '123456789012345678',
  ])('leaves less than 12 characters of %s', (password) => {
    expect(hardToGuess(password)).toBeLessThan(12);
  });

  it.each([
    'correct horse battery staple',
    'twelve chars',
    'maple-thorn-violet-brick',
    'G7kq-x9Rv-m2Tz-b8Wd',
    'ÜberäßigesÖrtchen',
  ])('leaves enough of %s', (password) => {
    expect(hardToGuess(password)).toBeGreaterThanOrEqual(12);
  });
});
