import { validateRequest } from 'twilio/lib/webhooks/webhooks.js';

import { isUuid } from '../../../kernel/index.js';
import { ReportRefused, type DeliveryReport, type ReportRequest } from '../../provider/delivery-report.js';
import type { Reply } from '../../provider/reply.js';
import { senderFaultOf } from './twilio.blocks.js';

/**
 * How Twilio's own status reads in ours, https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks.
 * What is not here (inbound messages, statuses to come) says nothing about a text.
 */
const STATUS: ReadonlyMap<string, DeliveryReport['status']> = new Map([
  ['scheduled', 'accepted'],
  ['accepted', 'accepted'],
  ['queued', 'accepted'],
  ['sending', 'accepted'],
  ['sent', 'sent'],
  ['delivered', 'delivered'],
  ['read', 'delivered'],
  ['undelivered', 'undelivered'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

/** The same of a call, https://www.twilio.com/docs/voice/api/call-resource#call-status-values; a mailbox that picks up completes it, too. */
const CALL_STATUS: ReadonlyMap<string, DeliveryReport['status']> = new Map([
  ['queued', 'accepted'],
  ['initiated', 'accepted'],
  ['ringing', 'sent'],
  ['in-progress', 'sent'],
  ['completed', 'delivered'],
  ['busy', 'undelivered'],
  ['no-answer', 'undelivered'],
  ['failed', 'failed'],
  ['canceled', 'failed'],
]);

/**
 * Failures that no other provider would cure, https://www.twilio.com/docs/api/errors. Every other one may be of Twilio's
 * route, sender or account: 30001 queue overflow, 30002 account suspended, 30003 phone unreachable, 30004 blocked, 30007
 * filtered, 30008 unknown, 30034 sender not registered, 21408 country not enabled, 21611 sender's queue full, or none at all.
 */
const INCURABLE: ReadonlySet<string> = new Set([
  '30005', // no such number
  '30006', // a landline, or a carrier that cannot be reached
  '21211', // not a phone number
  '21614', // not a mobile number
  '21635', // a landline
  '21610', // asked for no more texts
  '21617', // longer than any provider takes
  '30036', // its time ran out: so did the code's
  '30450', // taken for SMS pumping: the last thing to send again
]);
/** Of those, what another channel may cure: the phone is not on this one. The rest is true of it by whatever channel. */
const NOT_ON_CHANNEL: ReadonlySet<string> = new Set([
  '30006',
  '21614',
  '21635',
  '63003', // no such address on WhatsApp
  '63014', // the person blocked us there
  '63024', // "Invalid message recipient": no WhatsApp, or too old a one
]);
const OPTED_OUT = '21610';

const CALL_SID = /^CA[0-9a-f]{32}$/;
const MESSAGE_SID = /^(SM|MM)[0-9a-f]{32}$/;
const ADDRESS = /^(whatsapp:)?\+[1-9]\d{6,14}$/;
const WHATSAPP = /^whatsapp:/;
const ERROR_CODE = /^\d{5}$/;
const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** What Twilio hears STOP in, and START, https://help.twilio.com/articles/223134027. */
const STOP: ReadonlySet<string> = new Set('STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT'.split(' '));
const START: ReadonlySet<string> = new Set('START YES UNSTOP'.split(' '));

const PATH = '/v1/webhooks/twilio/';
/** Asks for five more tries, whatever went wrong. Never sent to us, and no part of the signature. */
const OVERRIDES = '#rc=5&rp=all';

type Form = ReadonlyMap<string, string>;

export interface TwilioWebhookOptions {
  readonly accountSid: string;
  readonly authToken: string;
  /** The origin that Twilio calls; requests are verified against it, and never against what they say of themselves. */
  readonly publicBaseUrl: string;
}

/** What Twilio tells us: https://www.twilio.com/docs/usage/webhooks/webhooks-security. */
export class TwilioWebhooks {
  readonly #options: TwilioWebhookOptions;

  constructor(options: TwilioWebhookOptions) {
    this.#options = options;
  }

  /** With the attempt in its path: so a report finds it even if Twilio's answer to us was overtaken or lost. */
  statusCallback(attemptId: string): string {
    return `${this.#options.publicBaseUrl}${PATH}${attemptId}${OVERRIDES}`;
  }

  readReport(request: ReportRequest): DeliveryReport[] {
    const { attemptId = '' } = request;
    if (!isUuid(attemptId)) throw new ReportRefused('its path names no attempt');
    const form = this.#authentic(request, `${PATH}${attemptId}`);
    return form.has('CallSid') ? callReport(form, attemptId) : messageReport(form, attemptId);
  }

  readReply(request: ReportRequest): Reply | undefined {
    const form = this.#authentic(request, `${PATH}inbound`);
    required(form, 'MessageSid', MESSAGE_SID);
    const wish = wishIn(form);
    return wish && { phone: required(form, 'From', ADDRESS).replace(WHATSAPP, ''), wish };
  }

  /** Twilio signs no separators between names and values, so nothing may be there twice and what is read must look right. */
  #authentic({ url, headers, body }: ReportRequest, path: string): Form {
    const { accountSid, authToken, publicBaseUrl } = this.#options;
    if (url !== path) throw new ReportRefused('its address is not the one that was given out');
    if (!FORM.test(String(headers['content-type']))) throw new ReportRefused('it is no form');
    const signature = headers['x-twilio-signature'];
    if (typeof signature !== 'string') throw new ReportRefused('it has no signature');
    const pairs = [...new URLSearchParams(body.toString())];
    const form = new Map(pairs);
    if (form.size !== pairs.length) throw new ReportRefused('it has a parameter twice');
    // Twilio may or may not sign the default port: the package tries both.
    if (!validateRequest(authToken, signature, publicBaseUrl + path, Object.fromEntries(form)))
      throw new ReportRefused('its signature is wrong');
    if (form.get('AccountSid') !== accountSid) throw new ReportRefused('it is about another account');
    return form;
  }
}

function messageReport(form: Form, attemptId: string): DeliveryReport[] {
  const providerMessageId = required(form, 'MessageSid', MESSAGE_SID);
  const status = STATUS.get(required(form, 'MessageStatus', /^[a-z_-]+$/));
  if (!status) return [];
  const report = { attemptId, providerMessageId, status };
  if (status !== 'failed' && status !== 'undelivered') return [report];
  const code = errorCodeIn(form);
  const canceled = form.get('MessageStatus') === 'canceled';
  const notOnChannel = NOT_ON_CHANNEL.has(code ?? '');
  const curable = !canceled && !notOnChannel && !INCURABLE.has(code ?? '');
  const senderFault = senderFaultOf(code);
  const about = { ...(code && { code }), ...(notOnChannel && { notOnChannel }), ...(senderFault && { senderFault }) };
  return [{ ...report, ...about, curable, optedOut: code === OPTED_OUT }];
}

/** That nobody picked up, or the line was engaged, is no word about the phone: by another channel it may be reached. */
function callReport(form: Form, attemptId: string): DeliveryReport[] {
  const providerMessageId = required(form, 'CallSid', CALL_SID);
  const said = required(form, 'CallStatus', /^[a-z-]+$/);
  const status = CALL_STATUS.get(said);
  if (!status) return [];
  const report = { attemptId, providerMessageId, status };
  if (status !== 'failed' && status !== 'undelivered') return [report];
  return [{ ...report, code: errorCodeIn(form) ?? said, curable: said !== 'canceled', optedOut: false }];
}

function errorCodeIn(form: Form): string | undefined {
  const code = form.get('ErrorCode') || undefined;
  if (code !== undefined && !ERROR_CODE.test(code)) throw new ReportRefused('its ErrorCode is none');
  return code;
}

function required(form: Form, name: string, pattern: RegExp): string {
  const value = form.get(name) ?? '';
  if (!pattern.test(value)) throw new ReportRefused(`its ${name} is missing or none`);
  return value;
}

/** A Messaging Service with Advanced Opt-Out says what it understood; otherwise the whole text is one word. */
function wishIn(form: Form): Reply['wish'] | undefined {
  const understood = form.get('OptOutType');
  if (understood !== undefined) return understood === 'STOP' ? 'stop' : understood === 'START' ? 'start' : undefined;
  const word = (form.get('Body') ?? '').trim().toUpperCase();
  return STOP.has(word) ? 'stop' : START.has(word) ? 'start' : undefined;
}
