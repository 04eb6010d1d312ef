import type { DeliveryReport, ProviderFault } from '../../sms/index.js';

/** What the network says later, and when: milliseconds after the text was taken. */
export type LaterReport = Pick<DeliveryReport, 'status' | 'code' | 'curable' | 'notOnChannel' | 'senderFault'> & {
  readonly afterMs: number;
};

/** What becomes of a text at a provider: first its answer, then what its network reports. */
export interface Outcome {
  readonly about: string;
  /** timeout: it takes the text, and never answers. */
  readonly answer: 'accepted' | 'timeout' | ProviderFault;
  readonly reports?: readonly LaterReport[];
}

const DELIVERY_MS = 300;
const SENT = { status: 'sent', afterMs: 0 } as const;

/** A failure that a network reports, in the codes that Twilio uses for it: https://www.twilio.com/docs/api/errors. */
const failure = (code: string, more: Partial<LaterReport> = {}): Outcome['reports'] => [
  { status: 'undelivered', afterMs: DELIVERY_MS, code, curable: true, ...more },
];

/** Every outcome by its public name. What a provider answers is what a real one would mean: design, section 3. */
export const OUTCOMES = {
  delivered: {
    about: 'Taken, and delivered at once.',
    answer: 'accepted',
    reports: [{ status: 'delivered', afterMs: DELIVERY_MS }],
  },
  late: {
    about: 'Taken, and delivered only after a while: 30 seconds, unless afterSecs says otherwise.',
    answer: 'accepted',
    reports: [SENT, { status: 'delivered', afterMs: 30_000 }],
  },
  silent: { about: 'Taken; nobody ever says what became of it.', answer: 'accepted' },
  undelivered: {
    about: 'Taken; then the network reports that the phone was not reached (30003).',
    answer: 'accepted',
    reports: failure('30003'),
  },
  blocked: {
    about: 'Taken; then the carrier reports that it blocked the text (30007).',
    answer: 'accepted',
    reports: failure('30007', { senderFault: 'blocked' }),
  },
  landline: {
    about: 'Taken; then the network reports a landline (30006): nobody else is asked.',
    answer: 'accepted',
    reports: failure('30006', { curable: false, notOnChannel: true }),
  },
  bad_number: { about: 'Refused: no phone that gets texts has this number.', answer: 'bad_destination' },
  opted_out: { about: 'Refused: the person asked for no more texts.', answer: 'opted_out' },
  no_route: { about: 'Refused by this provider, as it does not text that country or network.', answer: 'refused' },
  server_error: { about: 'Answered with a 5xx: nobody knows whether the text went out.', answer: 'unconfirmed' },
  timeout: {
    about:
      'Taken, but the answer never comes; the phone gets the text all the same, and its report comes 5 seconds later.',
    answer: 'timeout',
    reports: [{ status: 'delivered', afterMs: 5_000 }],
  },
  throttled: { about: 'Answered with 429: too many.', answer: 'throttled' },
  unreachable: { about: 'Nobody answers at the provider.', answer: 'unreachable' },
  misconfigured: {
    about: 'Answered with 401: the credentials are wrong, so the provider leaves the rotation at once.',
    answer: 'misconfigured',
  },
} as const satisfies Record<string, Outcome>;

export type OutcomeName = keyof typeof OUTCOMES;
export const OUTCOME_NAMES = Object.keys(OUTCOMES) as OutcomeName[];
/** Those of a text that a provider took: what can still become of one that is out. */
export const LATER_OUTCOMES = OUTCOME_NAMES.filter(
  (name) => OUTCOMES[name].answer === 'accepted' && 'reports' in OUTCOMES[name] && name !== 'late',
);

export const outcomeOf = (name: OutcomeName): Outcome => OUTCOMES[name];
