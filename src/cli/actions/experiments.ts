import { experimentDto, Experiments, ExperimentsModule, type ExperimentDto } from '../../experiments/index.js';
import { SmsModule } from '../../sms/index.js';
import { TemplatesModule } from '../../templates/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';
import { UsageError } from '../usage-error.js';
import { samplesOf } from '../samples.js';

interface CreateOptions {
  readonly template: string;
  readonly variants: string;
  readonly locale?: string;
  readonly alpha?: string;
  readonly minimum?: string;
  readonly rule?: string;
  readonly json?: true;
}

export async function create({ json, variants, alpha, minimum, ...asked }: CreateOptions): Promise<void> {
  const more = {
    ...(alpha !== undefined && { alpha: numberFrom('--alpha', alpha) }),
    ...(minimum !== undefined && { minimumSample: numberFrom('--minimum', minimum) }),
  };
  const made = await withExperiments(async (experiments) =>
    experimentDto(await experiments.create({ ...asked, ...more, variants: sharesFrom(variants) }, operator())),
  );
  if (json) return print(made);
  console.log(`${made.id} counts verifications from ${minute(made.startsAt)} UTC on.`);
  console.log(`To see what it has shown: npm run cli -- experiments show ${made.id}`);
}

export async function list({ json }: { json?: true }): Promise<void> {
  const all = await withExperiments(async (experiments) => (await experiments.list()).map(experimentDto));
  if (json) return print(all);
  if (all.length === 0)
    console.log('No experiments yet. Make one by: npm run cli -- experiments create --variants control=50,short=50');
  else console.table(all.map(line));
}

export async function show(id: string, { json }: { json?: true }): Promise<void> {
  const experiment = await withExperiments(async (experiments) => experimentDto(await experiments.get(id)));
  if (json) return print(experiment);
  const { template, locale, status, winner, proposal, alpha, minimumSample, rule, countedUntil } = experiment;
  console.log(`${template}${locale ? ` in ${locale}` : ''}: ${status}${winner ? `, ${winner} won` : ''}`);
  console.log(`  counted until ${minute(countedUntil)} UTC; alpha ${alpha}, at least ${minimumSample} an arm, ${rule}`);
  console.table(experiment.arms.map(armLine));
  if (proposal) console.log(`"${proposal}" is better than all others: make it the plain wording, then stop this.`);
  for (const warning of experiment.warnings) console.log(`WARNING: ${warning}`);
}

export async function stop(id: string, { variant, json }: { variant?: string; json?: true }): Promise<void> {
  await withExperiments((experiments) =>
    variant === undefined ? experiments.stop(id, operator()) : experiments.stopVariant(id, variant, operator()),
  );
  if (json) return print({ stopped: id, ...(variant !== undefined && { variant }) });
  console.log('Stopped. Other instances go on for 10 more seconds at most.');
}

function withExperiments<T>(work: (experiments: Experiments) => Promise<T>): Promise<T> {
  return withRooms(
    // Nothing is sent here; whether a wording is there is asked of the templates, those of operators among them.
    (config) => [
      SmsModule.forRoot({ providers: [], templates: { ...config.sms.templates, watch: false } }),
      TemplatesModule.forRoot(samplesOf(config)),
      ExperimentsModule.forRoot({ watch: false }),
    ],
    (context) => work(context.get(Experiments)),
  );
}

function sharesFrom(text: string): { name: string; weight: number }[] {
  return text.split(',').map((share) => {
    const [, name, weight] = /^\s*([^=]+)=(\d{1,3})\s*$/.exec(share) ?? [];
    if (name && weight) return { name, weight: Number(weight) };
    throw new UsageError('--variants must be names and percents.', 'Write it like --variants control=50,short=50');
  });
}

function numberFrom(option: string, text: string): number {
  if (/^\d+(\.\d+)?$/.test(text)) return Number(text);
  throw new UsageError(
    `${option} must be a number.`,
    `Write it like ${option} ${option === '--alpha' ? '0.05' : '500'}`,
  );
}

const print = (value: unknown) => console.log(JSON.stringify(value, null, 2));
const minute = (at: Date) => at.toISOString().slice(0, 19).replace('T', ' ');
const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const points = (share: number) => `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}`;

function line({ id, template, locale, status, winner, createdAt, arms }: ExperimentDto): Record<string, string> {
  const shares = arms.map(({ name, weight }) => `${name} ${weight}`).join(', ');
  return {
    id,
    template: locale ? `${template} (${locale})` : template,
    status,
    arms: shares,
    winner: winner ?? '',
    created: minute(createdAt),
  };
}

function armLine(arm: ExperimentDto['arms'][number]): Record<string, string | number> {
  const { name, weight, assigned, accepted, approved, conversion, difference, differenceInterval, pValue, decision } =
    arm;
  return {
    ...{ arm: name, weight, assigned, accepted, approved, conversion: conversion === null ? '' : percent(conversion) },
    points: difference === null ? '' : points(difference),
    between: differenceInterval === null ? '' : differenceInterval.map(points).join(' and '),
    p: pValue === null ? '' : pValue.toPrecision(2),
    decision,
  };
}
