import { createHmac } from 'node:crypto';

import { ReportRefused, ReportUnreadable, type ReportRequest } from '../../provider/delivery-report.js';
import { GatewayReports } from './http.reports.js';

const SECRET = 'a shared secret of more than 32 characters';
const REF = '0b6f2c4e-6d3e-4c8e-9a55-0c6f3f0a1b2c';
const NOW = 1_790_000_000;
const ORIGIN = 'https://sms.example.com';
const reports = new GatewayReports('http', SECRET, () => NOW * 1_000);

interface Forged {
  readonly fields?: object;
  readonly body?: string;
  readonly secret?: string;
  readonly at?: number;
  readonly id?: string;
  readonly headers?: ReportRequest['headers'];
}

function signed({ fields, body, secret = SECRET, at = NOW, id = 'msg_1', headers }: Forged = {}): ReportRequest {
  const text = body ?? JSON.stringify({ ref: REF, status: 'delivered', ...fields });
  const mac = createHmac('sha256', secret).update(`${id}.${at}.${text}`).digest('base64');
  return {
    url: '/v1/webhooks/http/http',
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': String(at),
      'webhook-signature': `v1,${mac}`,
      ...headers,
    },
    body: Buffer.from(text),
  };
}

describe('a signed report', () => {
  it('is read', () => {
    const fields = { id: 'gw-7', status: 'undelivered', code: 'EXPIRED', curable: false, costMicros: 7_900 };
    expect(reports.read(signed({ fields }))).toEqual([
      {
        attemptId: REF,
        providerMessageId: 'gw-7',
        status: 'undelivered',
        code: 'EXPIRED',
        curable: false,
        costMicros: 7_900,
      },
    ]);
  });

  it('may have one good signature among several', () => {
    const good = String(signed().headers['webhook-signature']);
    expect(reports.read(signed({ headers: { 'webhook-signature': `v1,AAAA v2,x ${good}` } }))).toHaveLength(1);
  });

  it('of a failure may be cured elsewhere unless it says otherwise, or the person asked for no more', () => {
    expect(reports.read(signed({ fields: { status: 'failed' } }))).toMatchObject([{ curable: true }]);
    expect(reports.read(signed({ fields: { status: 'failed', curable: true, optedOut: true } }))).toMatchObject([
      { curable: false, optedOut: true },
    ]);
  });

  it.each<[string, Forged]>([
    ['with another secret', { secret: SECRET.toUpperCase() }],
    ['six minutes ago', { at: NOW - 360 }],
    ['for in six minutes', { at: NOW + 360 }],
    ['about another body', { headers: { 'webhook-signature': signed({ body: '{}' }).headers['webhook-signature'] } }],
    ['with another id', { headers: { 'webhook-id': 'msg_2' } }],
    ['without an id', { headers: { 'webhook-id': undefined } }],
    ['without a time', { headers: { 'webhook-timestamp': undefined } }],
    ['at no time', { headers: { 'webhook-timestamp': 'now' } }],
    ['with nothing', { headers: { 'webhook-signature': '' } }],
  ])('%s is refused', (_, forged) => {
    expect(() => reports.read(signed(forged))).toThrow(ReportRefused);
  });

  it.each<[string, Forged]>([
    ['ref', { fields: { ref: 'x' } }],
    ['status', { fields: { status: 'DELIVRD' } }],
    ['status', { fields: { status: 1 } }],
    ['id', { fields: { id: 7 } }],
    ['code', { fields: { code: 'to 14155552671' } }],
    ['code', { fields: { code: '14155552671' } }],
    ['curable', { fields: { curable: 'true' } }],
    ['optedOut', { fields: { optedOut: 1 } }],
    ['costMicros', { fields: { costMicros: 0.5 } }],
    ['costMicros', { fields: { costMicros: -1 } }],
    ['JSON object', { body: '[' }],
    ['JSON object', { body: 'null' }],
  ])('says what is wrong with its %s: %j', (name, forged) => {
    const read = () => reports.read(signed(forged));
    expect(read).toThrow(ReportUnreadable);
    expect(read).toThrow(name);
  });
});

describe('a call of the report URL', () => {
  const url = new URL(reports.urlFor(REF, ORIGIN));
  const called = (more: string, own: Partial<ReportRequest> = {}): ReportRequest => ({
    url: `${url.pathname}${url.search}${more}`,
    headers: {},
    body: Buffer.alloc(0),
    ...own,
  });

  it('goes to our own address, with a token of at least 128 bits', () => {
    expect(url.href).toMatch(
      /^https:\/\/sms\.example\.com\/v1\/webhooks\/http\/http\?ref=[0-9a-f-]{36}&token=[\w-]{32}$/,
    );
  });

  it.each([
    ['1', 'delivered'],
    ['2', 'undelivered'],
    ['34', 'undelivered'],
    ['66', 'undelivered'],
    ['4', 'accepted'],
    ['8', 'sent'],
    ['16', 'failed'],
    ['delivered', 'delivered'],
  ])('with status %s reads %s', (given, status) => {
    expect(reports.read(called(`&status=${given}`))).toMatchObject([{ attemptId: REF, status }]);
  });

  it('may say the rest in a form', () => {
    const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    const body = Buffer.from('status=failed&code=34&curable=false&optedOut=true&costMicros=120&other=x');
    expect(reports.read(called('', { ...form, body }))).toEqual([
      { attemptId: REF, status: 'failed', code: '34', curable: false, optedOut: true, costMicros: 120 },
    ]);
  });

  it.each<[string, string]>([
    ['without a token', `?ref=${REF}&status=1`],
    ['with a cut token', `?ref=${REF}&token=${url.searchParams.get('token')?.slice(0, 16)}&status=1`],
    ['with the token of another attempt', url.search.replace(REF, REF.replace('0b', '0c'))],
    ['with a parameter twice', `${url.search}&status=1&status=2`],
    ['with two refs', `${url.search}&ref=${REF}&status=1`],
    ['with nothing', ''],
  ])('%s is refused', (_, search) => {
    expect(() => reports.read(called('', { url: url.pathname + search }))).toThrow(ReportRefused);
  });

  it.each([
    '',
    '&status=3',
    '&status=0',
    '&status=32',
    '&status=2.0',
    '&status=1&costMicros=x',
    '&status=1&curable=maybe',
  ])('"%s" is unreadable', (more) => {
    expect(() => reports.read(called(more))).toThrow(ReportUnreadable);
  });
});
