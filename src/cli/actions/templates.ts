import { readFileSync } from 'node:fs';

import { environment, readConfig, type AppConfig } from '../../config/index.js';
import { dollars, isCodeTemplate, lint, Pricing, SmsModule, Templates, type Linted } from '../../sms/index.js';
import { TemplateOffice, TemplatesModule, type TemplateId, type TemplateState } from '../../templates/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';
import { samplesOf } from '../samples.js';
import { UsageError } from '../usage-error.js';

interface Asked {
  readonly variant?: string;
  readonly json?: true;
}

const budgetOf = ({ limits }: AppConfig) => ({
  prices: limits.prices,
  capMicros: limits.dailyCostLimitMicros,
  keptPercent: limits.costShareForKnown,
});

const inOffice = <T>(work: (office: TemplateOffice) => Promise<T>): Promise<T> =>
  withRooms(
    (config) => [
      SmsModule.forRoot({
        providers: config.sms.providers.map(({ definition, env }) => definition.create(env, {})),
        templates: { ...config.sms.templates, watch: false },
        budget: budgetOf(config),
      }),
      TemplatesModule.forRoot(samplesOf(config)),
    ],
    (rooms) => work(rooms.get(TemplateOffice)),
  );

/** What files alone say: no database is needed, so this can stand in a build. */
function lintFiles(name?: string): Linted[] {
  const config = readConfig(environment());
  const { code, machineLine } = samplesOf(config);
  const names = config.sms.providers.map(({ definition }) => definition.name);
  const sample = { variables: { code }, ...(machineLine && { machineLine }) };
  return lint(
    new Templates(config.sms.templates),
    new Pricing(names, budgetOf(config)),
    sample,
    name ? [name] : undefined,
  );
}

interface PreviewOptions extends Asked {
  readonly country?: string;
  readonly var: Readonly<Record<string, string>>;
  readonly file?: string;
}

export async function list({ json }: Asked): Promise<void> {
  const all = await inOffice((office) => Promise.resolve(office.lint()));
  if (json) return print(all.map(({ text, ...each }) => ({ ...each, body: text?.body })));
  for (const each of all) console.log([keyOf(each).padEnd(28), from(each).padEnd(12), each.text?.body].join('  '));
}

export async function show(name: string, locale: string, { variant, json }: Asked): Promise<void> {
  const state = await inOffice((office) => office.get({ name, locale, variant }));
  if (json) print(state);
  else tell(state);
}

export async function lintAll(name: string | undefined, { files, json }: Asked & { files?: true }): Promise<void> {
  const all = files ? lintFiles(name) : await inOffice((office) => Promise.resolve(office.lint(name)));
  if (json) print(all);
  else report(all);
  if (all.some(isBad)) process.exitCode = 1;
}

export async function put(name: string, locale: string, file: string, { variant, json }: Asked): Promise<void> {
  const body = contentOf(file);
  const state = await inOffice((office) => office.put({ name, locale, variant }, body, operator()));
  if (json) print(state);
  else tell(state);
}

export async function rollback(name: string, locale: string, version: string, { variant, json }: Asked): Promise<void> {
  const id: TemplateId = { name, locale, variant };
  const state = await inOffice((office) => office.rollBack(id, numberFrom(version), operator()));
  if (json) print(state);
  else tell(state);
}

export async function remove(name: string, locale: string, { variant, json }: Asked): Promise<void> {
  await inOffice((office) => office.remove({ name, locale, variant }, operator()));
  if (json) print({ deleted: { name, locale, ...(variant && { variant }) } });
  else console.log(`${name} ${locale}: deleted`);
}

export async function preview(name: string, locale: string | undefined, asked: PreviewOptions): Promise<void> {
  const { variant, country, var: given, file, json } = asked;
  const body = file === undefined ? undefined : contentOf(file);
  const request = { name, locale, variant, country: country?.toUpperCase(), variables: given, body };
  const preview = await inOffice((office) => Promise.resolve(office.preview(request)));
  if (json) return print(preview);
  const { encoding, size, capacity, segments, reason, flips, prices } = preview;
  console.log(preview.body);
  console.log(`\n${preview.locale}, ${encoding}, ${size} of ${capacity}, ${segments} segment(s)`);
  if (reason) console.log(`more than one: ${reason}`);
  if (flips.length > 0) console.log(`not GSM-7: ${flipsOf(flips)}`);
  for (const [provider, usd] of Object.entries(prices)) console.log(`${provider}: ${dollars(Math.round(usd * 1e6))}`);
}

const print = (value: unknown) => console.log(JSON.stringify(value, null, 2));
const keyOf = ({ name, locale, variant }: Linted) => `${name}/${locale}${variant ? `@${variant}` : ''}`;
const from = ({ source, version }: Pick<Linted, 'source' | 'version'>) =>
  version === null ? source : `version ${version}`;
/** What GSM-7 has for none of its letters is another writing: no list helps. */
const flipsOf = (flips: NonNullable<Linted['text']>['flips']) =>
  flips
    .slice(0, 12)
    .map(({ character, replacement }) => `${character} (${replacement ?? 'nothing like it'})`)
    .join(', ');
const isBad = ({ name, text, problems }: Linted) =>
  !text || (isCodeTemplate(name) && (problems.length > 0 || text.segments > 1));

function tell({ name, locale, variant, body, versions, ...state }: TemplateState): void {
  console.log(`${name}/${locale}${variant ? `@${variant}` : ''} (${from(state)})\n${body}`);
  for (const { version, createdAt, createdBy, deletedAt, body: text } of versions) {
    const ended = deletedAt ? `, deleted ${deletedAt.toISOString()}` : '';
    console.log(`\nversion ${version}, ${createdAt.toISOString()} by ${createdBy}${ended}\n${text}`);
  }
}

function report(all: readonly Linted[]): void {
  console.log(`${'text'.padEnd(26)} encoding size    segments price`);
  for (const each of all) {
    const { text, withMachineLine: whole, prices, problems } = each;
    const price = Object.entries(prices).map(([provider, micros]) => `${provider} ${dollars(micros)}`);
    const size = text ? `${text.size}/${text.capacity}` : '-';
    const row = [keyOf(each).padEnd(26), (text?.encoding ?? '-').padEnd(8), size.padEnd(7)];
    const last = whole ? `, ${whole.segments} with the last line` : '';
    console.log(
      [...row, `${text?.segments ?? '-'}${last}`.padEnd(8), `${price.join(', ')} to ${each.country}`].join(' '),
    );
    for (const { reason } of [text, whole].flatMap((measured) => (measured?.reason ? [measured] : [])).slice(0, 1))
      console.log(`  more than one segment: ${reason}`);
    if (text && text.flips.some(({ replacement }) => replacement !== null))
      console.log(`  makes it UCS-2: ${flipsOf(text.flips)}`);
    for (const problem of problems) console.log(`  ${problem}`);
  }
  const bad = all.filter(isBad);
  console.log(
    `${all.length} texts, ${bad.length} with a fault${bad.length > 0 ? `: ${bad.map(keyOf).join(', ')}` : ''}`,
  );
}

function contentOf(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read.`, 'Name a file with the text, or - for standard input.');
  }
}

function numberFrom(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new UsageError(`"${text}" is no version.`, 'Give a number such as 2; templates show lists them.');
}
