import { scrub } from './scrub.js';

describe('scrub', () => {
  it.each([
    ['{"msg":"sent to +14155552671"}', '{"msg":"sent to +******2671"}'],
    ['phone=4155552671;', 'phone=+******2671;'],
    ['{"phone":4155552671}', '{"phone":+******2671}'],
    ['to=%2B14155552671&x', 'to=+******2671&x'],
    ['+14155552671ext5', '+******2671ext5'],
    ['Bearer eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'Bearer [token]'],
    ['key sk_dev_0123456789abcdef', 'key [token]'],
  ])('turns %s into %s', (line, clean) => {
    expect(scrub(line)).toBe(clean);
  });

  it.each([
    '7f3c1e2a-0000-4000-8000-123456789012',
    '{"time":"2026-11-21T07:00:00.123Z"}',
    'port 3000, 12345 ms',
    '+******2671',
  ])('leaves %s alone', (line) => {
    expect(scrub(line)).toBe(line);
  });
});
