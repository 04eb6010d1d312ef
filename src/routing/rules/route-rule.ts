import { isSupportedCountry } from 'libphonenumber-js/max';

import { carries, CHANNELS, type Channel, type SmsProviders } from '../../sms/index.js';

/** What a rule does with the texts that it matches. */
export type RuleAct =
  /** Exactly these, in this order; nobody else is asked. */
  | { readonly kind: 'providers'; readonly providers: readonly string[] }
  /** Not these; the others as without the rule. */
  | { readonly kind: 'exclude'; readonly providers: readonly string[] }
  /** By what was learned, whatever ROUTING says. */
  | { readonly kind: 'learn' };

/** Where an operator decided: by country, network and channel; what is not said is any. */
export interface RouteMatch {
  /** ISO 3166-1 alpha-2. */
  readonly country?: string;
  /** How MCC and MNC begin, such as `310` or `310-260`. */
  readonly network?: string;
  readonly channel?: Channel;
}

export interface RouteRule extends RouteMatch {
  readonly act: RuleAct;
  /** Whoever set it, or the file. */
  readonly by: string;
}

/** A rule as people write it. */
export interface RuleAsked {
  readonly country?: unknown;
  readonly network?: unknown;
  readonly channel?: unknown;
  readonly providers?: unknown;
  readonly exclude?: unknown;
  readonly learn?: unknown;
}

export interface RuleFault {
  /** The member that it is in; undefined: the whole. */
  readonly member?: keyof RuleAsked | (string & {});
  readonly problem: string;
  readonly mend: string;
}

/** Who may be named, and what else is known of them. */
export interface KnownProviders {
  readonly names: readonly string[];
  /** Undefined: not known yet. */
  readonly providers?: SmsProviders;
}

const MEMBERS = ['country', 'network', 'channel', 'providers', 'exclude', 'learn', 'comment'];
const NETWORK = /^\d{3}(?:-\d{1,3})?$/;
const ACTS = ['providers', 'exclude', 'learn'] as const;
const LEAVE_ONE = 'Leave one in, or block the country by BLOCKED_COUNTRIES.';
const EXAMPLE = 'Write it like {"country": "US", "providers": ["twilio", "aws-sns"]}.';

/** What is wrong with a rule, all of it; or the rule. */
export function readRule(asked: unknown, known: KnownProviders, by: string): RouteRule | readonly RuleFault[] {
  if (typeof asked !== 'object' || asked === null || Array.isArray(asked))
    return [{ problem: 'it is no rule.', mend: EXAMPLE }];
  const faults: RuleFault[] = [];
  const fault = (member: RuleFault['member'], problem: string, mend: string) =>
    void faults.push({ ...(member !== undefined && { member }), problem, mend });
  const { country, network, channel, providers, exclude, learn } = asked as RuleAsked;

  for (const name of Object.keys(asked))
    if (!MEMBERS.includes(name)) fault(name, `${quoted(name)} is not known.`, `There is ${MEMBERS.join(', ')}.`);
  if (country !== undefined && country !== '*' && !isCountry(country))
    fault('country', 'country is none.', 'Use two capital letters, such as "GB", or "*" for any.');
  if (network !== undefined && !(typeof network === 'string' && NETWORK.test(network)))
    fault('network', 'network is no MCC-MNC.', 'Write how it begins, such as "310" or "310-260".');
  const isChannel = CHANNELS.includes(channel as Channel);
  if (channel !== undefined && !isChannel) fault('channel', 'channel is none.', `It is one of ${CHANNELS.join(', ')}.`);

  const said = ACTS.filter((act) => (asked as RuleAsked)[act] !== undefined);
  if (said.length !== 1) fault(undefined, `one of ${ACTS.join(', ')} is to be said, and only one.`, EXAMPLE);
  if (learn !== undefined && learn !== true) fault('learn', 'learn can only be true.', 'Leave the rule out instead.');
  for (const [member, names] of Object.entries({ providers, exclude }))
    if (names !== undefined)
      for (const { problem, mend } of nameFaults(member, names, known)) fault(member, problem, mend);
  if (faults.length > 0) return faults;

  const match = {
    ...(country !== undefined && country !== '*' && { country: country as string }),
    ...(network !== undefined && { network: network as string }),
    ...(isChannel && { channel: channel as Channel }),
  };
  const act: RuleAct = learn
    ? { kind: 'learn' }
    : { kind: providers ? 'providers' : 'exclude', providers: (providers ?? exclude) as string[] };
  const rule = { ...match, act, by };
  const nobody = nobodyFault(rule, known);
  return nobody ? [nobody] : rule;
}

export const isRule = (read: RouteRule | readonly RuleFault[]): read is RouteRule => !Array.isArray(read);

/** What does not look like a name is not repeated: it may be anything, such as a phone. */
const quoted = (name: string) => (/^[a-z][a-z-]{0,30}\d{0,2}$/i.test(name) ? `"${name}"` : 'what is written');

const isCountry = (value: unknown) =>
  typeof value === 'string' && /^[A-Z]{2}$/.test(value) && isSupportedCountry(value);

function nameFaults(member: string, value: unknown, { names }: KnownProviders): RuleFault[] {
  const mend = `Name some of ${names.join(', ')}, such as ["${names[0] ?? 'twilio'}"].`;
  const isList = Array.isArray(value) && value.length > 0 && value.every((name) => typeof name === 'string');
  if (!isList) return [{ problem: `${member} is no list of providers.`, mend }];
  const list = value;
  const twice = list.find((name, index) => list.indexOf(name) !== index);
  return [
    ...list
      .filter((name) => !names.includes(name))
      .map((name) => ({ problem: `${quoted(name)} in ${member} is no provider that is configured.`, mend })),
    ...(twice === undefined ? [] : [{ problem: `${quoted(twice)} is twice in ${member}.`, mend: 'Name it once.' }]),
  ];
}

/** Of a rule by which nobody would be left to carry the text. */
function nobodyFault({ act, channel }: RouteRule, { names, providers }: KnownProviders): RuleFault | undefined {
  if (act.kind === 'learn') return undefined;
  if (!providers)
    return act.kind === 'exclude' && names.every((name) => act.providers.includes(name))
      ? { member: 'exclude', problem: 'nobody would be left to carry the texts there.', mend: LEAVE_ONE }
      : undefined;
  const channels = channel ? [channel] : CHANNELS.filter((each) => providers.some((one) => carries(one, each)));
  const isAllowed = (name: string) => act.providers.includes(name) === (act.kind === 'providers');
  const left = providers.filter(({ name }) => isAllowed(name));
  const carried = channels.some((each) => left.some((provider) => carries(provider, each)));
  if (carried) return undefined;
  const able = providers.filter((provider) => channels.some((each) => carries(provider, each)));
  return {
    member: act.kind,
    problem: `nobody would be left to carry ${channel ?? 'the texts'} there.`,
    mend:
      act.kind === 'providers'
        ? `Name one that does: ${able.map(({ name }) => name).join(', ') || 'none is configured'}.`
        : LEAVE_ONE,
  };
}
