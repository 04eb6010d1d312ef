import { createHmac } from 'node:crypto';

import { isSameSecret, isUuid } from '../../../kernel/index.js';
import {
  ReportRefused,
  ReportUnreadable,
  type DeliveryReport,
  type ReportRequest,
} from '../../provider/delivery-report.js';

type Status = DeliveryReport['status'];
const WORDS: readonly Status[] = ['accepted', 'sent', 'delivered', 'undelivered', 'failed'];
/** The types that Kannel fills in for %d in a dlr-url. */
const KANNEL: ReadonlyMap<number, Status> = new Map<number, Status>([
  [1, 'delivered'],
  [2, 'undelivered'],
  [4, 'accepted'],
  [8, 'sent'],
  [16, 'failed'],
]);
/** All of those; what comes on top only says why: 34 is 2 because it expired, 66 is 2 because nobody knows it. */
const KANNEL_BITS = 31;

const MESSAGE_ID = /^[\x21-\x7e]{1,128}$/;
/** Short, and no phone. */
const CODE = /^(?!.*\d{7})[\w.:-]{1,32}$/;
const WEBHOOK_ID = /^[\x21-\x7e]{1,256}$/;
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;
const MOST_MICROS = 1_000_000_000;
/** How old, or how early, a signed report may be. */
const TOLERANCE_SECS = 300;
/** 192 bits. */
const TOKEN_LENGTH = 32;

type Fields = Readonly<Record<string, unknown>>;

/**
 * What a gateway tells us: signed JSON as in https://www.standardwebhooks.com, or, from gateways that cannot sign, a call of
 * the URL that they got with the text. That carries a token which nobody makes without the secret, for this one attempt.
 */
export class GatewayReports {
  constructor(
    private readonly name: string,
    private readonly secret: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Ready for `&status=` and whatever else the gateway fills in. */
  urlFor(attemptId: string, publicBaseUrl: string): string {
    return `${publicBaseUrl}/v1/webhooks/http/${this.name}?ref=${attemptId}&token=${this.tokenOf(attemptId)}`;
  }

  /** @throws {ReportRefused | ReportUnreadable} */
  read(request: ReportRequest): DeliveryReport[] {
    const signed = request.headers['webhook-signature'] !== undefined;
    return [reportIn(signed ? this.signed(request) : this.tokened(request))];
  }

  private signed({ headers, body }: ReportRequest): Fields {
    const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`]);
    if (typeof id !== 'string' || !WEBHOOK_ID.test(id)) throw new ReportRefused('it has no webhook-id');
    if (typeof timestamp !== 'string' || !/^\d{10}$/.test(timestamp))
      throw new ReportRefused('it has no webhook-timestamp');
    if (Math.abs(this.now() / 1_000 - Number(timestamp)) > TOLERANCE_SECS)
      throw new ReportRefused('it was signed too long ago, or not yet');
    const right = `v1,${this.hmac(Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]), 'base64')}`;
    if (
      !String(signatures)
        .split(' ')
        .some((signature) => isSameSecret(signature, right))
    )
      throw new ReportRefused('its signature is wrong');
    try {
      const fields: unknown = JSON.parse(body.toString());
      if (typeof fields === 'object' && fields !== null) return fields as Fields;
    } catch {
      // said below
    }
    throw new ReportUnreadable('The body is not a JSON object.');
  }

  private tokened({ url, headers, body }: ReportRequest): Fields {
    const query = new URLSearchParams(url.split('?').slice(1).join('?'));
    const form = new URLSearchParams(FORM.test(String(headers['content-type'])) ? body.toString() : '');
    const pairs = [...query, ...form];
    const fields = Object.fromEntries(pairs) as Readonly<Record<string, string>>;
    if (Object.keys(fields).length !== pairs.length) throw new ReportRefused('it has a parameter twice');
    const { ref = '', token = '' } = fields;
    if (!isUuid(ref) || !isSameSecret(token, this.tokenOf(ref))) throw new ReportRefused('its token is wrong');
    return {
      ...fields,
      ...('curable' in fields && { curable: truth(fields.curable) }),
      ...('optedOut' in fields && { optedOut: truth(fields.optedOut) }),
      ...('costMicros' in fields && { costMicros: /^\d{1,10}$/.test(fields.costMicros) ? +fields.costMicros : NaN }),
    };
  }

  private tokenOf(ref: string): string {
    return this.hmac(`report\0${ref}`, 'base64url').slice(0, TOKEN_LENGTH);
  }

  private hmac(data: string | Buffer, encoding: 'base64' | 'base64url'): string {
    return createHmac('sha256', this.secret).update(data).digest(encoding);
  }
}

function reportIn(fields: Fields): DeliveryReport {
  const { ref, id, code, curable, optedOut, costMicros } = fields;
  const status = statusOf(fields['status']);
  if (typeof ref !== 'string' || !isUuid(ref)) throw unreadable('ref', 'what the text came with as {ref}');
  if (!status) throw unreadable('status', 'accepted, sent, delivered, undelivered or failed, or a dlr type of Kannel');
  if (id !== undefined && !(typeof id === 'string' && MESSAGE_ID.test(id)))
    throw unreadable('id', '1 to 128 visible characters');
  if (code !== undefined && !(typeof code === 'string' && CODE.test(code)))
    throw unreadable('code', '1 to 32 letters, digits and _.:- without a number as long as a phone');
  if (curable !== undefined && typeof curable !== 'boolean') throw unreadable('curable', 'true or false');
  if (optedOut !== undefined && typeof optedOut !== 'boolean') throw unreadable('optedOut', 'true or false');
  if (costMicros !== undefined && !isCost(costMicros))
    throw unreadable('costMicros', `a whole number up to ${MOST_MICROS}`);
  const failed = status === 'failed' || status === 'undelivered';
  return {
    attemptId: ref,
    status,
    ...(id !== undefined && { providerMessageId: id }),
    ...(failed && code !== undefined && { code }),
    // Few gateways know; those that do say so.
    ...(failed && { curable: (curable ?? true) && optedOut !== true }),
    ...(optedOut !== undefined && { optedOut }),
    ...(costMicros !== undefined && { costMicros }),
  };
}

function statusOf(text: unknown): Status | undefined {
  if (typeof text === 'string' && /^\d{1,3}$/.test(text)) return KANNEL.get(Number(text) & KANNEL_BITS);
  return WORDS.find((word) => word === text);
}

const isCost = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= MOST_MICROS;

const truth = (text: string | undefined) => (text === 'true' ? true : text === 'false' ? false : text);
const unreadable = (name: string, rule: string) => new ReportUnreadable(`${name} must be ${rule}.`);
