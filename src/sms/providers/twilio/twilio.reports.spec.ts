import { ReportRefused, type ReportRequest } from '../../provider/delivery-report.js';
import { TwilioWebhooks } from './twilio.reports.js';
import { twilioSignature } from '../../../../test/support/index.js';

const TOKEN = 'token';
const ACCOUNT = `AC${'0'.repeat(32)}`;
const ORIGIN = 'https://sms.example.com';
const ATTEMPT = '0b6f2c4e-6d3e-4c8e-9a55-0c6f3f0a1b2c';
const PATH = `/v1/webhooks/twilio/${ATTEMPT}`;
const FIELDS = {
  MessageSid: `SM${'0'.repeat(32)}`,
  MessageStatus: 'delivered',
  To: '+14155552671',
  From: '+15005550006',
  AccountSid: ACCOUNT,
  ErrorCode: '',
};

const webhooks = new TwilioWebhooks({ accountSid: ACCOUNT, authToken: TOKEN, publicBaseUrl: ORIGIN });

interface Forged {
  readonly fields?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signedFor?: string;
  readonly token?: string;
  readonly signature?: string | string[] | undefined;
  readonly url?: string;
  readonly contentType?: string;
  readonly attemptId?: string;
}

function requestOf(forged: Forged = {}): ReportRequest {
  const form = new URLSearchParams({ ...FIELDS, ...forged.fields });
  const signature = twilioSignature(forged.token ?? TOKEN, forged.signedFor ?? ORIGIN + (forged.url ?? PATH), form);
  return {
    url: forged.url ?? PATH,
    headers: {
      'content-type': forged.contentType ?? 'application/x-www-form-urlencoded; charset=utf-8',
      'x-twilio-signature': 'signature' in forged ? forged.signature : signature,
      host: 'evil.example',
      'x-forwarded-host': 'evil.example',
    },
    body: Buffer.from(forged.body ?? form.toString()),
    attemptId: forged.attemptId ?? ATTEMPT,
  };
}

describe('the signature by hand', () => {
  it.each([
    ['https://sms.example.com/webhooks/twilio/status', 'INDewg89frXinKdoL5rd6FXteqk='],
    ['https://sms.example.com:443/webhooks/twilio/status', 'IZWbwoO4fNRpHW4ES3G6glMs9js='],
  ])('is that of the package for %s', (url, signature) => {
    const { AccountSid: _, ...fields } = FIELDS;
    expect(twilioSignature(TOKEN, url, new URLSearchParams(fields))).toBe(signature);
  });

  it("is that of Twilio's own example", () => {
    const fields = {
      CallSid: 'CA1234567890ABCDE',
      Caller: '+14158675310',
      Digits: '1234',
      From: '+14158675310',
      To: '+18005551212',
    };
    const url = 'https://mycompany.com/myapp.php?foo=1&bar=2';
    expect(twilioSignature('12345', url, new URLSearchParams(fields))).toBe('GvWf1cFY/Q7PnoempGyD5oXAezc=');
  });
});

describe("a report of Twilio's", () => {
  it.each([
    ['as the callback was given', ORIGIN + PATH],
    ['with the default port', `${ORIGIN}:443${PATH}`],
    ['with the fragment that it came with', webhooks.statusCallback(ATTEMPT)],
  ])('is taken when it is signed for the URL %s', (_, signedFor) => {
    expect(webhooks.readReport(requestOf({ signedFor }))).toEqual([
      { attemptId: ATTEMPT, providerMessageId: FIELDS.MessageSid, status: 'delivered' },
    ]);
  });

  it('may have parameters that nobody knows yet', () => {
    expect(webhooks.readReport(requestOf({ fields: { NewThing: 'ü & +' } }))).toHaveLength(1);
  });

  it.each<[string, Forged]>([
    ['without a signature', { signature: undefined }],
    ['with an empty signature', { signature: '' }],
    ['with two signatures', { signature: ['a', 'b'] }],
    ['signed with another token', { token: 'other' }],
    ['signed for http', { signedFor: `http://sms.example.com${PATH}` }],
    ['signed for the host that it says it came to', { signedFor: `https://evil.example${PATH}` }],
    ['signed for a trailing slash', { signedFor: `${ORIGIN}${PATH}/` }],
    ['that came to a trailing slash', { url: `${PATH}/` }],
    ['signed for an upper-case host', { signedFor: `https://SMS.EXAMPLE.COM${PATH}` }],
    ['signed for another port', { signedFor: `${ORIGIN}:8443${PATH}` }],
    ['with a query', { url: `${PATH}?a=1` }],
    ['about another attempt than its path', { attemptId: 'aaaaaaaa-6d3e-4c8e-9a55-0c6f3f0a1b2c' }],
    ['whose path names no attempt', { url: '/v1/webhooks/twilio/x', attemptId: 'x' }],
    ['whose attempt is in capitals', { url: PATH.toUpperCase(), attemptId: ATTEMPT.toUpperCase() }],
    ['that is JSON', { contentType: 'application/json' }],
    ['without a content type', { contentType: '' }],
    ['without a body', { body: '' }],
    ['without a MessageSid', { fields: { MessageSid: '' } }],
    ['whose MessageSid is none', { fields: { MessageSid: 'SM1' } }],
    ['without a MessageStatus', { fields: { MessageStatus: '' } }],
    ['whose ErrorCode is none', { fields: { MessageStatus: 'failed', ErrorCode: '30008To+1415' } }],
    ['about another account', { fields: { AccountSid: `AC${'1'.repeat(32)}` } }],
  ])('%s is refused', (_, forged) => {
    expect(() => webhooks.readReport(requestOf(forged))).toThrow(ReportRefused);
  });

  it('with a parameter twice is refused, although the signature of the package would fit', () => {
    const body = `${new URLSearchParams(FIELDS).toString()}&MessageStatus=delivered`;
    expect(() => webhooks.readReport(requestOf({ body }))).toThrow(/twice/);
  });

  it('whose names and values were cut anew is refused', () => {
    const { MessageStatus, ...rest } = FIELDS;
    const signature = twilioSignature(TOKEN, ORIGIN + PATH, new URLSearchParams(FIELDS));
    const body = new URLSearchParams({ ...rest, [`MessageStatus${MessageStatus}`]: '' }).toString();
    expect(() => webhooks.readReport(requestOf({ body, signature }))).toThrow(/MessageStatus/);
  });

  it.each([
    ['queued', 'accepted'],
    ['sending', 'accepted'],
    ['sent', 'sent'],
    ['read', 'delivered'],
  ])('%s reads %s', (MessageStatus, status) => {
    expect(webhooks.readReport(requestOf({ fields: { MessageStatus } }))).toMatchObject([{ status }]);
  });

  it('in a status to come says nothing', () => {
    expect(webhooks.readReport(requestOf({ fields: { MessageStatus: 'partially_delivered' } }))).toEqual([]);
  });

  it.each([
    ['undelivered', '30003', true],
    ['undelivered', '30007', true],
    ['failed', '', true],
    ['failed', '99999', true],
    ['undelivered', '30005', false],
    ['undelivered', '30006', false],
    ['failed', '21610', false],
    ['failed', '30036', false],
    ['failed', '30450', false],
    ['undelivered', '63016', true],
    ['undelivered', '63024', false],
    ['canceled', '', false],
  ])('%s with code "%s": another provider may do better: %s', (MessageStatus, ErrorCode, curable) => {
    const [report] = webhooks.readReport(requestOf({ fields: { MessageStatus, ErrorCode } }));
    expect(report).toMatchObject({ curable, optedOut: ErrorCode === '21610' });
    expect(report?.code).toBe(ErrorCode || undefined);
  });
});

describe('a report about a phone that its channel does not reach', () => {
  it.each(['30006', '21614', '63003', '63014', '63024'])('%s leaves it to another channel', (ErrorCode) => {
    const [report] = webhooks.readReport(requestOf({ fields: { MessageStatus: 'undelivered', ErrorCode } }));
    expect(report).toMatchObject({ curable: false, notOnChannel: true, optedOut: false });
  });

  it.each(['30005', '30450', '21610', '30003'])('%s says nothing of the kind', (ErrorCode) => {
    const [report] = webhooks.readReport(requestOf({ fields: { MessageStatus: 'undelivered', ErrorCode } }));
    expect(report?.notOnChannel).toBeUndefined();
  });
});

describe("a report of a call's", () => {
  const { MessageSid: _, MessageStatus: __, ErrorCode: ___, ...call } = { ...FIELDS, CallSid: `CA${'0'.repeat(32)}` };
  const said = (fields: Readonly<Record<string, string>>) => {
    const form = new URLSearchParams({ ...call, ...fields });
    const signature = twilioSignature(TOKEN, ORIGIN + PATH, form);
    return webhooks.readReport(requestOf({ body: form.toString(), signature }));
  };

  it.each([
    ['queued', 'accepted'],
    ['initiated', 'accepted'],
    ['ringing', 'sent'],
    ['in-progress', 'sent'],
    ['completed', 'delivered'],
  ])('%s reads %s', (CallStatus, status) => {
    expect(said({ CallStatus })).toEqual([{ attemptId: ATTEMPT, providerMessageId: call.CallSid, status }]);
  });

  it.each([
    ['busy', 'undelivered', true],
    ['no-answer', 'undelivered', true],
    ['failed', 'failed', true],
    ['canceled', 'failed', false],
  ])('%s reads %s, and another channel may do better: %s', (CallStatus, status, curable) => {
    expect(said({ CallStatus })).toMatchObject([{ status, code: CallStatus, curable, optedOut: false }]);
  });

  it('in a status to come says nothing', () => {
    expect(said({ CallStatus: 'parked' })).toEqual([]);
  });

  it.each<Readonly<Record<string, string>>>([
    { CallStatus: 'completed', CallSid: 'CA1' },
    { CallStatus: '' },
    { CallStatus: 'failed', ErrorCode: 'x' },
  ])('that is none is refused: %j', (fields) => expect(() => said(fields)).toThrow(ReportRefused));
});

describe('what a person texts back', () => {
  it('by WhatsApp counts for their number', () => {
    const url = '/v1/webhooks/twilio/inbound';
    const fields = { From: 'whatsapp:+14155552671', Body: 'STOP' };
    expect(webhooks.readReply(requestOf({ url, fields }))).toEqual({ phone: '+14155552671', wish: 'stop' });
  });

  const url = '/v1/webhooks/twilio/inbound';
  const reply = (fields: Readonly<Record<string, string>>) =>
    webhooks.readReply(requestOf({ url, fields: { From: '+14155552671', ...fields } }));

  it.each([
    [{ Body: 'STOP' }, 'stop'],
    [{ Body: ' stopall\n' }, 'stop'],
    [{ Body: 'Quit' }, 'stop'],
    [{ Body: 'start' }, 'start'],
    [{ Body: 'UNSTOP' }, 'start'],
    [{ Body: 'Arrêt', OptOutType: 'STOP' }, 'stop'],
    [{ Body: 'x', OptOutType: 'START' }, 'start'],
  ])('%j: %s', (fields, wish) => {
    expect(reply(fields)).toEqual({ phone: '+14155552671', wish });
  });

  it.each<Readonly<Record<string, string>>>([
    { Body: 'please stop' },
    { Body: '' },
    { Body: 'STOP', OptOutType: 'HELP' },
    { Body: 'HELP' },
  ])('%j: nothing', (fields) => {
    expect(reply(fields)).toBeUndefined();
  });

  it('counts only when it is signed', () => {
    const forged = requestOf({ url, fields: { Body: 'STOP' }, signature: 'AAAA' });
    expect(() => webhooks.readReply(forged)).toThrow(ReportRefused);
  });

  it('is no report, and a report is no reply', () => {
    expect(() => webhooks.readReply(requestOf())).toThrow(ReportRefused);
    expect(() => webhooks.readReport(requestOf({ url }))).toThrow(ReportRefused);
  });
});
