import fc from 'fast-check';

import { encodingFor, fill, urlEncoding, type Values } from './template.js';

const values: Values = {
  to: '+14155552671',
  toDigits: '14155552671',
  text: 'a',
  from: 'Me',
  validForSecs: '600',
  ref: 'r-1',
  reportUrl: 'https://h/?ref=r-1&token=t',
};

describe('fill', () => {
  it('fills in every name and leaves other braces alone', () => {
    expect(
      fill('{"n":"{toDigits}","t":"{text}","v":{validForSecs},"x":{}}', values, encodingFor('application/json')),
    ).toBe('{"n":"14155552671","t":"a","v":600,"x":{}}');
  });

  it('fills in a value once: a text that looks like a template stays a text', () => {
    expect(fill('{text}', { ...values, text: '{to}{ref}' }, encodingFor('text/plain'))).toBe('{to}{ref}');
  });

  it('survives any text in a URL, in JSON and in a form', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const well = Buffer.from(text).toString();
        expect(new URL(fill('http://h/?t={text}&end=1', { ...values, text }, urlEncoding)).searchParams.get('t')).toBe(
          well,
        );
        expect(
          JSON.parse(fill('{"t":"{text}"}', { ...values, text }, encodingFor('application/json; charset=utf-8'))),
        ).toEqual({ t: well });
        expect(
          new URLSearchParams(
            fill('t={text}&end=1', { ...values, text }, encodingFor('application/x-www-form-urlencoded')),
          ).get('t'),
        ).toBe(well);
      }),
    );
  });

  it('leaves no mark-up in XML', () => {
    expect(fill('<t>{text}</t>', { ...values, text: '</t><a b="\'">&' }, encodingFor('application/soap+xml'))).toBe(
      '<t>&lt;/t&gt;&lt;a b=&quot;&apos;&quot;&gt;&amp;</t>',
    );
  });
});
