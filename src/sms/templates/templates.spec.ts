import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { Logger } from '@nestjs/common';

import { TemplateNotFound, VariableRefused } from './template.errors.js';
import { Templates, type OwnTemplate, type WordingRequest } from './templates.js';

const variables = { code: '123456', brand: 'Sixdigit', expiryMinutes: 10 };
const asked = (more: Partial<WordingRequest> = {}): WordingRequest => ({ template: 'verification', variables, ...more });
const row = (more: Partial<OwnTemplate> = {}): OwnTemplate => ({
  ...{ name: 'verification', locale: 'en', variant: null, version: 1, body: 'Own {{code}}' },
  ...more,
});
const nowhere = { find: () => Promise.resolve(undefined) };

/** By https://wicg.github.io/sms-one-time-codes/#parsing: the origin and code of the last line, or nothing. */
function originBoundCode(message: string) {
  const line = message.replace(/\r\n?/g, '\n').split('\n').at(-1) ?? '';
  // Marked tokens are whatever is no ASCII whitespace; exactly one space is between, and what follows the code is ignored.
  const [, host, code] = /^@([^\t\n\f\r ]+) #([^\t\n\f\r ]+)/.exec(line) ?? [];
  return host && { origin: `https://${new URL(`https://${host}`).host}`, code };
}

describe('a text with a code', () => {
  it('reads in English as it always did', () => {
    expect(new Templates().render(asked())).toEqual({
      body: '123456 is your Sixdigit code. It expires in 10 min. Do not share it.',
      ...{ locale: 'en', version: null, variant: null, segments: 1 },
    });
  });

  it.each([
    [{ locale: 'pt-BR' }, 'pt-BR'],
    [{ locale: 'pt-AO' }, 'pt'],
    [{ locale: 'xx' }, 'en'],
    [{ locale: null, country: 'BR' }, 'pt-BR'],
    [{ locale: 'de', country: 'BR' }, 'de'],
    [{ country: null }, 'en'],
  ])('for %j is in %s', (more, locale) => expect(new Templates().render(asked(more)).locale).toBe(locale));

  it('ends with exactly the line that browsers look for, and the hash that Android does', () => {
    const machineLine = '@login.example.com #123456 FA+9qCX9VSu';
    for (const locale of ['en', 'ar', 'zh']) {
      const { body } = new Templates().render(asked({ locale, machineLine }));
      expect(originBoundCode(body)).toEqual({ origin: 'https://login.example.com', code: '123456' });
      expect(body.endsWith(' FA+9qCX9VSu')).toBe(true);
      expect(body.split('\n').at(-2)).toBe('');
    }
    expect(originBoundCode(new Templates().render(asked()).body)).toBeUndefined();
  });

  it('is not written without a code, and there is no text of another name', () => {
    expect(() => new Templates().render(asked({ variables: { brand: 'B', expiryMinutes: 1 } }))).toThrow(VariableRefused);
    expect(() => new Templates().render(asked({ template: 'nothing' }))).toThrow(TemplateNotFound);
    expect(() => new Templates().render(asked({ template: '../verification' }))).toThrow(TemplateNotFound);
  });

  it('is written in less than 10 us of CPU', () => {
    const templates = new Templates();
    const write = (times: number) => {
      for (let time = 0; time < times; time += 1) templates.render(asked({ locale: time % 2 ? 'de-CH' : 'en' }));
    };
    write(20_000);
    const begun = process.cpuUsage();
    write(20_000);
    const { user, system } = process.cpuUsage(begun);
    // Measured: 5. Under jest everything takes four times as long.
    expect((user + system) / 20_000).toBeLessThan(60);
  });

  it('saves a segment without its accents, where that is asked for', () => {
    const machineLine = '@login.example.com #123456';
    const plain = new Templates({ smartEncoding: true });
    const pt = asked({ locale: 'pt-BR', machineLine });
    expect(new Templates().render(pt)).toMatchObject({ segments: 2, body: expect.stringContaining('código') });
    expect(plain.render(pt)).toMatchObject({ segments: 1, body: expect.stringContaining('codigo') });
    expect(plain.render(pt).body).toMatch(/^123456 é seu codigo Sixdigit\. V.lido 10 min\. N.o divulgue\.\n\n@login\.example\.com #123456$/);
    // Where none is saved, or letters would be lost, it reads as it was written.
    expect(plain.render(asked({ locale: 'pt-BR' })).body).toContain('código');
    expect(plain.render(asked({ locale: 'ru', machineLine })).body).toContain('ваш код');
  });

  it('does not let what strangers ask for pile up', () => {
    const templates = new Templates();
    for (let index = 0; index < 12_000; index += 1) templates.render(asked({ locale: `en-x-${index}` }));
    expect((templates as unknown as { found: Map<string, unknown> }).found.size).toBeLessThanOrEqual(5_000);
  });
});

describe("an operator's own text", () => {
  it('comes before the file, in its language, and the next language before English', () => {
    const templates = new Templates();
    templates.useOwn([row({ version: 3 }), row({ locale: 'de-AT', body: 'Servus {{code}}' })], nowhere);
    expect(templates.render(asked())).toMatchObject({ body: 'Own 123456', version: 3 });
    expect(templates.render(asked({ locale: 'de-AT' })).body).toBe('Servus 123456');
    expect(templates.render(asked({ locale: 'de-CH' }))).toMatchObject({ locale: 'de', version: null });
    templates.useOwn([], nowhere);
    expect(templates.render(asked()).version).toBeNull();
  });

  it('of a variant is written for it alone, and the plain one where the language has none', () => {
    const templates = new Templates();
    templates.useOwn([row({ variant: 'short', body: 'S {{code}}' })], nowhere);
    expect(templates.render(asked({ variant: 'short' }))).toMatchObject({ body: 'S 123456', variant: 'short' });
    expect(templates.render(asked({ variant: 'long' }))).toMatchObject({ version: null, variant: null });
    expect(templates.render(asked({ variant: 'short', locale: 'de' }))).toMatchObject({ locale: 'de', variant: null });
    expect(templates.render(asked())).toMatchObject({ version: null, variant: null });
  });

  it('that cannot be read is left out, and said', () => {
    const said = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    const templates = new Templates();
    templates.useOwn([row({ body: '{{#if' })], nowhere);
    expect(templates.render(asked()).version).toBeNull();
    expect(said).toHaveBeenCalledWith(expect.stringMatching(/verification en, version 1: .*Line 1/));
    said.mockRestore();
  });

  it('is written again as it was: the version, the variant and the language', async () => {
    const templates = new Templates();
    const archive = { find: jest.fn(({ version }: { version: number }) => Promise.resolve(version < 3 ? row({ version, body: `V${version} {{code}}` }) : undefined)) };
    templates.useOwn([row({ version: 2, body: 'V2 {{code}}' })], archive);
    const again = (version: number | null, locale: string | null = 'en', variant: string | null = null) =>
      templates.renderAgain(asked({ locale: 'de' }), { locale, version, variant });
    expect((await again(2)).body).toBe('V2 123456');
    expect(archive.find).not.toHaveBeenCalled();
    for (let time = 0; time < 3; time += 1) expect(await again(1)).toMatchObject({ body: 'V1 123456', version: 1 });
    expect(archive.find).toHaveBeenCalledTimes(1);
    expect((await again(null)).body).toContain('is your Sixdigit code');
    expect(await again(null, null)).toMatchObject({ locale: 'de' });
    await expect(again(9)).rejects.toThrow(TemplateNotFound);
  });
});

describe('files of the operator', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'sixdigit-templates-'))));
  afterEach(() => rmSync(folder, { recursive: true }));
  const put = (path: string, text: string) => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, `${path}.new`), text);
    renameSync(join(folder, `${path}.new`), join(folder, path));
  };

  it('come before ours, are taken in when they change, and keep what was good when they are broken', async () => {
    const said = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    put('verification/en.hbs', 'One {{code}}\n');
    put('verification/de@kurz.hbs', 'K {{code}}\n');
    put('invoice/en.hbs', 'Invoice {{count}}');
    const templates = new Templates({ folder });
    const body = (more?: Partial<WordingRequest>) => templates.render(asked(more)).body;
    expect([body(), body({ locale: 'de', variant: 'kurz' })]).toEqual(['One 123456', 'K 123456']);
    expect(body({ template: 'invoice', variables: { count: 7 } })).toBe('Invoice 7');
    await templates.refreshFiles();
    put('verification/en.hbs', 'Two {{code}}\n');
    await templates.refreshFiles();
    expect(body()).toBe('Two 123456');
    put('verification/en.hbs', 'Three {{#if code}}');
    await templates.refreshFiles();
    expect(body()).toBe('Two 123456');
    expect(said).toHaveBeenCalledWith(expect.stringContaining('en.hbs: Line 1 of the template'));
    rmSync(join(folder, 'verification'), { recursive: true });
    await templates.refreshFiles();
    expect(body()).toContain('is your Sixdigit code');
    said.mockRestore();
  });

  it('stay as they were also where nobody was written to before they broke', async () => {
    const said = jest.spyOn(Logger.prototype, 'error').mockImplementation();
    put('verification/fi.hbs', 'One {{code}}');
    const templates = new Templates({ folder });
    await templates.refreshFiles();
    put('verification/sv.hbs', 'Two {{code}}');
    await templates.refreshFiles();
    for (const locale of ['fi', 'sv']) put(`verification/${locale}.hbs`, 'Three {{#if code}}');
    await templates.refreshFiles();
    const bodies = ['fi', 'sv'].map((locale) => templates.render(asked({ locale })).body);
    expect(bodies).toEqual(['One 123456', 'Two 123456']);
    expect(said).toHaveBeenCalledTimes(2);
    said.mockRestore();
  });

  it('may have other files beside their folders', async () => {
    writeFileSync(join(folder, 'notes'), 'by hand');
    put('verification/en.hbs', 'One {{code}}');
    const templates = new Templates({ folder });
    await templates.refreshFiles();
    put('verification/en.hbs', 'Two {{code}}');
    writeFileSync(join(folder, 'build'), '#!/bin/sh');
    await templates.refreshFiles();
    expect(templates.render(asked()).body).toBe('Two 123456');
  });
});
