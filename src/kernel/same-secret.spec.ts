import { isSameSecret } from './same-secret.js';

describe('isSameSecret', () => {
  it('accepts only the very same digits', () => {
    expect(isSameSecret('012345', '012345')).toBe(true);
    for (const wrong of ['012346', '12345', '0123450', '', '０１２３４５'])
      expect(isSameSecret(wrong, '012345')).toBe(false);
  });
});
