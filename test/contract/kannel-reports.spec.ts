import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { PhoneNumber } from '../../src/kernel/index.js';
import { FakeCarrier, FakeSmsc, Kannel, ReportListener } from '../support/index.js';
import { closeProviders, eventually, kannelEnv, NUMBER, providerOf, withKannel } from './kannel-setup.js';

const DLR = '&dlr-mask=31&dlr-url=';
/** `{ref}` is filled in by the adapter, `%d` and the like by Kannel. */
const dlrQuery = (url: string) =>
  DLR + encodeURIComponent(`${url}/dlr?ref={ref}&status=%d&answer=%A&fid=%F`).replace('%7Bref%7D', '{ref}');

withKannel('delivery reports of a real Kannel', () => {
  let kannel: Kannel;
  let smsc: FakeSmsc;
  let carrier: FakeCarrier;
  let listener: ReportListener;

  beforeAll(async () => {
    carrier = await FakeCarrier.start();
    kannel = await Kannel.start(carrier.url);
    smsc = await FakeSmsc.connect(kannel.ports.smsc);
    await kannel.until(/fake\[fake\].*online/);
  });
  beforeEach(async () => {
    listener = await ReportListener.start();
  });
  afterEach(async () => {
    await closeProviders();
    await listener.close();
  });
  afterAll(async () => {
    await smsc.close();
    await kannel.close();
    await carrier.close();
  });

  /** @returns the attempt's id */
  async function sent(query: string, body = '012345'): Promise<string> {
    const message = { to: PhoneNumber.parse(NUMBER), body, validForSecs: 600, attemptId: randomUUID() };
    await providerOf(kannelEnv(kannel, query)).send(message, AbortSignal.timeout(5_000));
    return message.attemptId;
  }

  it.each([
    ['one part', '012345'],
    ['three parts', 'ü'.repeat(150)],
  ])('come by GET for a text of %s: 8 as the network took it, 1 as it was delivered, in any order', async (_, body) => {
    const ref = await sent(dlrQuery(listener.url), body);
    await eventually('two reports', () => listener.heard.length === 2);
    await sleep(300);
    expect(listener.statuses(ref).sort()).toEqual(['1', '8']);
    expect(listener.heard).toHaveLength(2);
    const { method, path, query, headers } = listener.heard.find(({ query }) => query.status === '8')!;
    expect([method, path, query.answer, headers['user-agent']]).toEqual(['GET', '/dlr', 'ACK/', 'Kannel/1.4.5']);
  });

  it.each([
    [1, 'delivered'],
    [2, 'not delivered'],
    [34, 'expired'],
    [66, 'unknown to the network'],
  ])('say %d when the network says: %s', async (status, words) => {
    const ref = await sent(`${dlrQuery(listener.url)}&smsc=carrier`);
    await eventually('that it was taken', () => listener.statuses(ref).includes('8'));
    await carrier.report(4, 'buffered');
    await eventually('that it is buffered', () => listener.statuses(ref).includes('4'));
    await carrier.report(status, words);
    await eventually('the end', () => listener.statuses(ref).length === 3);
    expect(listener.heard.at(-1)?.query).toMatchObject({ ref, status: String(status), answer: words });
  });

  it('say 16 when the network takes the text not at all', async () => {
    carrier.answer = { status: 400, body: 'no such subscriber' };
    const ref = await sent(`${dlrQuery(listener.url)}&smsc=carrier`);
    await eventually('the report', () => listener.statuses(ref).length === 1);
    carrier.answer = { status: 202, body: '0: Accepted for delivery' };
    expect(listener.heard[0]?.query).toMatchObject({ status: '16', answer: 'NACK/no such subscriber' });
  });

  it.each([200, 202])('come once when they are answered with %d', async (status) => {
    listener.answers = [status, status];
    await sent(dlrQuery(listener.url));
    await eventually('both', () => listener.heard.length === 2);
    await sleep(1_500);
    expect(listener.heard).toHaveLength(2);
  });

  it.each([204, 503])('come again, as often as http-request-retry says, when answered with %d', async (status) => {
    listener.answers = Array<number>(20).fill(status);
    const ref = await sent(dlrQuery(listener.url));
    await eventually('one and two retries each', () => listener.heard.length === 6);
    await sleep(1_500);
    expect(listener.statuses(ref).sort()).toEqual(['1', '1', '1', '8', '8', '8']);
  });

  it('carry a user and a password, when the URL has them, as basic authentication', async () => {
    await sent(dlrQuery(listener.url.replace('//', '//kannel:pass-word@')));
    const { headers } = await eventually('one', () => listener.heard[0]);
    expect(headers.authorization).toBe(`Basic ${btoa('kannel:pass-word')}`);
  });

  it('spoil a URL with percent signs of its own: a token must be of letters, digits, - and _', async () => {
    const url = encodeURIComponent(`${listener.url}/dlr?ref=x&good=aZ09-_&bad=%AB&status=%d`);
    await sent(`&dlr-mask=1&dlr-url=${url}`);
    const { query } = await eventually('one', () => listener.heard[0]);
    expect(query).toEqual({ ref: 'x', good: 'aZ09-_', bad: 'B', status: '1' });
  });
});
