import { canonical, CODE_TEMPLATES, isCodeTemplate } from '../sms/index.js';
import { CONTROL } from '../verification/index.js';
import { ExperimentUnreadable } from './experiments.errors.js';
import { RULES, type Rule } from './experiments.sql.js';
import { FEWEST } from './verdicts.js';

/** An experiment as somebody asks for it. */
export interface ExperimentAsked {
  readonly template: string;
  /** BCP 47, such as `en` (and so en-GB, too) or `pt-BR`; without it, all. */
  readonly locale?: string;
  /** What they are is not known yet. */
  readonly variants: readonly unknown[];
  readonly alpha?: number;
  readonly minimumSample?: number;
  readonly rule?: string;
}

export interface Arm {
  readonly name: string;
  readonly weight: number;
}

export interface SoundExperiment {
  readonly template: string;
  readonly locale: string | null;
  readonly arms: readonly Arm[];
  readonly alpha: number;
  readonly minimumSample: number;
  readonly rule: Rule;
}

const NAME = /^[a-z0-9][a-z0-9-]{0,30}$/;
const LOCALE = /^[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$/;
const MOST_ARMS = 5;
const MOST_SAMPLE = 1_000_000;
const EXAMPLE = '[{"name": "control", "weight": 50}, {"name": "short", "weight": 50}]';

const refuse = (message: string, hint: string): never => {
  throw new ExperimentUnreadable(message, hint);
};

/** @throws {ExperimentUnreadable} with the first thing that is wrong with it, and how to mend that */
export function soundly(asked: ExperimentAsked): SoundExperiment {
  const { template, locale = null, alpha = 0.05, minimumSample = 500, rule = 'stop-losers' } = asked;
  if (!isCodeTemplate(template))
    refuse(
      'Only the texts of verifications can be tried: they are judged by approvals, and others have none.',
      `Set template to one of ${CODE_TEMPLATES.join(', ')}.`,
    );
  const tag = locale === null ? null : LOCALE.test(locale) && canonical(locale);
  if (tag === false || tag === undefined) return refuse('locale is not a language tag.', 'Write it like en or pt-BR.');
  if (!(alpha >= 0.001 && alpha <= 0.2))
    refuse('alpha must be from 0.001 to 0.2.', 'Take 0.05: one experiment in twenty may be decided wrongly.');
  if (!Number.isInteger(minimumSample) || minimumSample < FEWEST || minimumSample > MOST_SAMPLE)
    refuse(`minimumSample must be a whole number from ${FEWEST} to ${MOST_SAMPLE}.`, 'Take 500.');
  const known = RULES.find((each) => each === rule);
  if (!known) return refuse(`rule must be one of ${RULES.join(', ')}.`, 'Take stop-losers.');
  return { template, locale: tag, arms: armsFrom(asked.variants), alpha, minimumSample, rule: known };
}

function armsFrom(variants: readonly unknown[]): readonly Arm[] {
  const hint = `Write them like ${EXAMPLE}; "control" is the plain wording.`;
  if (variants.length < 2 || variants.length > MOST_ARMS)
    refuse(`There must be 2 to ${MOST_ARMS} variants, "${CONTROL}" among them.`, hint);
  const arms = variants.map(armFrom);
  const names = new Set(arms.map(({ name }) => name));
  if (names.size < arms.length) refuse('Two variants have one name.', hint);
  if (!names.has(CONTROL)) refuse(`The variant "${CONTROL}" is missing.`, hint);
  if (arms.reduce((sum, { weight }) => sum + weight, 0) !== 100) refuse('The weights do not add up to 100.', hint);
  return arms;
}

function armFrom(variant: unknown): Arm {
  const hint = `Write them like ${EXAMPLE}.`;
  const isObject = typeof variant === 'object' && variant !== null && !Array.isArray(variant);
  if (!isObject || Object.keys(variant).some((key) => key !== 'name' && key !== 'weight'))
    return refuse('A variant has a name and a weight, and nothing else.', hint);
  const { name, weight } = variant as { name?: unknown; weight?: unknown };
  if (typeof name !== 'string' || !NAME.test(name))
    return refuse('The name of a variant must be 1 to 31 characters of a-z 0-9 -, and begin with no dash.', hint);
  if (typeof weight !== 'number' || !Number.isInteger(weight) || weight < 1 || weight > 99)
    return refuse('The weight of a variant must be a whole number of percent from 1 to 99.', hint);
  return { name, weight };
}
