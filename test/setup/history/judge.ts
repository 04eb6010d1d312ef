import type { Life } from './fleet.js';
import type { Op } from './history.js';

/** What is true of one verification in the end. */
export interface Truth {
  readonly id: string;
  readonly phone: string;
  readonly code: string;
  readonly status: string;
  /** Its messages, and of those the ones that nobody tries again because two texts may be out. */
  readonly messages: number;
  readonly givenUp: number;
}

export interface Evidence {
  readonly ops: readonly Op[];
  readonly lives: readonly Life[];
  readonly truths: readonly Truth[];
  /** What the providers took. */
  readonly texts: readonly { readonly to: string; readonly code: string }[];
  readonly limit: number;
  readonly maxChecks: number;
}

/** A request that was under way for at least that long when its process was told to end had been accepted by it. */
const ACCEPTED_MS = 300;
const EXPECTED = new Set([200, 201, 404, 410, 429, 503]);

/** Everything that must not be, in words; empty when all is well. */
export function judge(evidence: Evidence): string[] {
  const { ops, lives, truths } = evidence;
  return [
    ...ops.flatMap(judgeAnswer),
    ...lives.flatMap(judgeEnd),
    ...judgeTexts(evidence),
    ...truths.flatMap((truth) => {
      const about = ops.filter(({ id }) => id === truth.id);
      return [...judgeChecks(truth, about, evidence.maxChecks), ...judgeSends(truth, about, evidence)];
    }),
  ];
}

function judgeAnswer({ kind, life, begin, end, status, headers, body, silence }: Op): string[] {
  const what = `${kind} at ${Math.round(begin)}`;
  if (status !== undefined) {
    if (!EXPECTED.has(status)) return [`${what} was answered with ${status} ${JSON.stringify(body)}`];
    if (status !== 503) return [];
    const isProblem = String(headers?.['content-type']).startsWith('application/problem+json');
    return isProblem && Number(headers?.['retry-after']) > 0 ? [] : [`${what}: a 503 without Retry-After or a problem`];
  }
  const gone = life.end && end >= life.end.at;
  const wasAccepted = life.end?.by === 'SIGTERM' && begin < life.end.at - ACCEPTED_MS;
  return gone && silence !== 'timeout' && !wasAccepted ? [] : [`${what}: ${silence} by a process that should answer`];
}

const judgeEnd = ({ program, end }: Life): string[] =>
  end?.by === 'SIGTERM' && end.exit?.code !== 0 ? [`process ${program.pid} ended with ${end.exit?.code}`] : [];

/** Every text has its verification, and no phone has more than its limit allows. */
function judgeTexts({ texts, truths, ops, limit }: Evidence): string[] {
  const known = new Set(truths.map(({ phone, code }) => `${phone} ${code}`));
  const stray = texts.filter(({ to, code }) => !known.has(`${to} ${code}`));
  const phones = [...new Set(texts.map(({ to }) => to))];
  const over = phones.filter((phone) => {
    const sent = truths.filter((truth) => truth.phone === phone).map((truth) => Math.ceil(count(texts, truth) / 2));
    const promised = ops.filter((op) => op.phone === phone && op.status === 201);
    return sum(sent) > limit || promised.length > limit;
  });
  return [
    ...stray.map(({ to }) => `a text to ${to} without a verification`),
    ...over.map((phone) => `${phone} got more than ${limit} texts`),
  ];
}

/** At most one approval, for the right code only, and no more guesses than allowed. */
function judgeChecks({ id, code, status }: Truth, about: readonly Op[], maxChecks: number): string[] {
  const checks = about.filter((op) => op.kind === 'check');
  const judged = checks.filter((op) => op.status === 200);
  const approvals = judged.filter(({ body }) => body.valid);
  const refused = judged.filter(({ body }) => !body.valid);
  const canceled = about.filter((op) => op.kind === 'cancel' && op.status === 200);
  const unknown = checks.some((op) => op.guess === code && (op.status === undefined || op.status === 503));
  const ended = Math.min(...[...approvals, ...canceled].map(({ end }) => end));
  const faults: readonly [boolean, string][] = [
    [approvals.length > 1, `${approvals.length} approvals`],
    [approvals.some(({ guess }) => guess !== code), 'an approval for a wrong code'],
    [refused.some(({ guess }) => guess === code), 'the right code was called wrong'],
    [judged.length > maxChecks, `${judged.length} guesses judged`],
    [new Set(refused.map(({ body }) => body.checksLeft)).size < refused.length, 'two guesses counted as one'],
    [judged.some(({ begin }) => begin > ended), 'a guess judged after the end'],
    [approvals.length > 0 && status !== 'approved', `approved, and then ${status}`],
    [approvals.length === 0 && status === 'approved' && !unknown, 'approved by nobody'],
    [canceled.length > 0 && status !== 'canceled', `canceled, and then ${status}`],
  ];
  return faults.flatMap(([is, fault]) => (is ? [`${id}: ${fault}`] : []));
}

/** What was promised was sent, and nothing more than twice. */
function judgeSends(truth: Truth, about: readonly Op[], { texts }: Evidence): string[] {
  const { id, status, messages, givenUp } = truth;
  const got = count(texts, truth);
  const promised = about.filter((op) => op.status === 201);
  const accepted = promised.filter(({ body }) => body.delivery === 'accepted');
  const faults: readonly [boolean, string][] = [
    [got > 2 * messages, `${got} texts for ${messages} messages`],
    [got < accepted.length, `${accepted.length} accepted, ${got} sent`],
    [promised.length > 0 && got === 0 && status === 'pending' && givenUp < messages, 'lost'],
    [promised.length > messages, `${promised.length} sends promised, ${messages} known`],
  ];
  return faults.flatMap(([is, fault]) => (is ? [`${id}: ${fault}`] : []));
}

/** One line for whoever runs it. */
export function summary({ ops, texts, truths }: Evidence): string {
  const by = (test: (op: Op) => boolean) => ops.filter(test).length;
  const duplicates = sum(truths.map((truth) => Math.max(0, count(texts, truth) - truth.messages)));
  return [
    `${ops.length} ops`,
    `${by(({ status = 0 }) => status > 0 && status < 300)} ok`,
    `${by(({ status }) => status === 429)} limited`,
    `${by(({ status }) => status === 503)} 503s`,
    `${by(({ status }) => status === undefined)} without an answer`,
    `${by(({ body }) => body?.valid === true)} approvals`,
    `${truths.length} verifications`,
    `${texts.length} texts`,
    `${duplicates} duplicates`,
    `${sum(truths.map(({ givenUp }) => givenUp))} given up after two unknowns`,
  ].join(', ');
}

const count = (texts: Evidence['texts'], { phone, code }: Truth): number =>
  texts.filter((text) => text.to === phone && text.code === code).length;
const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
