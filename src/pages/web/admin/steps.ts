import type { Tone } from '../shared/badge';
import { countryName, millis, usd, words } from '../shared/format';
import type { Step } from './types/step';

export interface StepWords {
  readonly title: string;
  readonly details: readonly string[];
  readonly tone?: Tone;
}

type Part = string | false | undefined | null;
const said = (...parts: readonly Part[]): string[] => parts.filter((part): part is string => Boolean(part));

const VERDICT: Readonly<Record<string, readonly [string, Tone]>> = {
  allow: ['The destination was allowed', 'good'],
  challenge: ['A challenge was asked for', 'warn'],
  deny: ['The destination was refused', 'bad'],
};

/** While the guard only records, nothing comes of what it says. */
const RECORDED: Readonly<Record<string, readonly [string, Tone]>> = {
  challenge: ['A challenge would have been asked for', 'warn'],
  deny: ['The destination would have been refused', 'warn'],
};

const OUTCOME: Readonly<Record<string, readonly [string, Tone]>> = {
  accepted: ['took the text', 'good'],
  not_sent: ['did not take the text', 'bad'],
  permanent: ['refused the text for good', 'bad'],
  unknown: ['gave no clear answer', 'warn'],
};

/** A step of a verification's or a text's way in words: what happened, and what is known about it. */
const KINDS: Readonly<Record<string, (step: Step) => StepWords>> = {
  limits: ({ left, reserved }) => ({
    title: 'Limits were taken',
    details: said(
      left !== undefined && `${left} more texts to this number in this window`,
      reserved !== undefined && `${usd(reserved)} reserved`,
    ),
  }),
  decision: ({ verdict = '', mode, reason, level, challenge, known, lineType, country }) => {
    const [title, tone] = (mode === 'record' ? RECORDED[verdict] : undefined) ??
      VERDICT[verdict] ?? [`Decision: ${words(verdict)}`, 'quiet' as const];
    return {
      title,
      tone,
      details: said(
        mode && `guard: ${mode}`,
        reason && `because of its ${reason}${level ? ` (${level})` : ''}`,
        challenge && `challenge ${challenge}`,
        known && 'the number was approved before',
        lineType && words(lineType.toLowerCase()),
        country && countryName(country),
      ),
    };
  },
  message: ({ resend, status, channel, template, templateVersion, variant, locale }) => ({
    title: resend ? 'Sent again' : 'A text was written',
    details: said(
      channel,
      template && `template ${template}${templateVersion ? ` v${templateVersion}` : ''}`,
      variant && `variant ${variant}`,
      locale,
      status && `now ${status}`,
    ),
  }),
  fallback: ({ channel }) => ({
    title: `On to the next channel${channel ? `: ${channel}` : ''}`,
    details: [],
    tone: 'warn',
  }),
  attempt: ({ provider, route, followUp, sender, channel }) => ({
    title: `${provider ?? 'A provider'} was asked`,
    details: said(
      channel,
      sender && `from ${sender}`,
      route ? `by ${words(route)}` : 'by preference',
      followUp && 'because the report about an earlier text was bad or missing',
    ),
  }),
  attempt_ended: ({ provider, outcome = '', fault, latencyMs, cost }) => {
    const [deed, tone] = OUTCOME[outcome] ?? [`ended: ${words(outcome)}`, 'quiet' as const];
    return {
      title: `${provider ?? 'The provider'} ${deed}`,
      tone,
      details: said(
        fault && words(fault),
        latencyMs !== undefined && millis(latencyMs),
        cost !== undefined && usd(cost),
      ),
    };
  },
  report: ({ report = '', reportCode, notOnChannel, provider }) => ({
    title: `The network reported: ${report}`,
    tone: report === 'delivered' ? 'good' : /^(undelivered|failed)$/.test(report) ? 'bad' : 'quiet',
    details: said(
      provider,
      reportCode && `code ${reportCode}`,
      notOnChannel && 'the phone is not to be reached this way',
    ),
  }),
  delivered: ({ provider }) => ({ title: 'The phone has it', details: said(provider), tone: 'good' }),
  checks: ({ checks, maxChecks }) => ({
    title: checks === 1 ? 'A code was tried' : 'Codes were tried',
    details: said(`${checks ?? 0} of ${maxChecks ?? '?'} guesses`),
  }),
  approved: () => ({ title: 'Approved', details: [], tone: 'good' }),
  canceled: () => ({ title: 'Canceled', details: [] }),
  failed: ({ checks }) => ({
    title: 'Failed',
    details: said(checks !== undefined && `${checks} guesses`),
    tone: 'bad',
  }),
  expired: () => ({ title: 'Expired', details: [] }),
  opted_out: () => ({ title: 'The number opted out', details: [], tone: 'bad' }),
};

/** What a newer server may tell that these pages do not know yet is shown by its name. */
export const describeStep = (step: Step): StepWords =>
  KINDS[step.kind]?.(step) ?? { title: words(step.kind), details: [] };
