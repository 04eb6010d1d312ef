/** The same text with halves of surrogate pairs replaced: they cannot be percent-encoded, and trying throws. */
export const wellFormed = (text: string): string => Buffer.from(text, 'utf8').toString('utf8');
