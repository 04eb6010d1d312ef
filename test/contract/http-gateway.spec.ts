import { randomUUID } from 'node:crypto';

import { PhoneNumber } from '../../src/kernel/index.js';
import { HttpProvider, type ProviderError, type HttpOptions } from '../../src/sms/index.js';
import { FakeGateway } from '../support/index.js';

const patience = { timeoutMs: 5_000, maxRetries: 0, retryDelayMs: 1 };
const SUCCESS = /^0: Accepted/;
const REFUSAL = /^(Not routable|Temporal failure)/;
const AUTHORIZATION = 'Authorization failed for sendsms';

type Answer = readonly [status: number, body: string, type: string];
/** Kannel calls every answer a page. */
const kannel = (status: number, body: string): Answer => [status, body, 'text/html'];

async function outcome([status, body, type]: Answer, options: Partial<HttpOptions>): Promise<string> {
  const gateway = await FakeGateway.start();
  gateway.behave({ kind: 'status', status, body, headers: { 'content-type': type } });
  const provider = new HttpProvider({ url: `${gateway.url}/sms`, patience, ...options });
  const message = { to: PhoneNumber.parse('+14155552671'), body: 'text', attemptId: randomUUID() };
  try {
    const { providerMessageId } = await provider.send(message, AbortSignal.timeout(5_000));
    return providerMessageId === message.attemptId ? 'accepted' : providerMessageId;
  } catch (error) {
    return (error as ProviderError).fault;
  } finally {
    await provider.close();
    await gateway.close();
  }
}

// A real Kannel says these things in `kannel.spec.ts`, where it is installed.
describe('http adapter with a gateway that answers as Kannel does', () => {
  const wire = {
    headers: { 'Content-Type': 'application/json', 'X-Api-Key': 'gateway-key' },
    body: '{"to":"{to}","text":"{text}"}',
  };
  const asKannel = { ...wire, successPattern: SUCCESS, refusalPattern: REFUSAL };

  it.each([
    ['accepted', kannel(202, '0: Accepted for delivery')],
    ['unconfirmed', kannel(202, '3: Queued for later delivery')],
    ['misconfigured', kannel(403, AUTHORIZATION)],
    ['refused', kannel(403, 'Not routable. Do not try again.')],
    ['refused', kannel(503, 'Temporal failure, try again later.')],
    ['refused', kannel(400, 'Number(s) has/have been denied by white- and/or black-lists.')],
    ['unconfirmed', kannel(500, 'Sending failed.')],
  ] as const)('reads as %s: %j', async (expected, answer) => {
    expect(await outcome(answer, asKannel)).toBe(expected);
  });

  it.each([
    ['a page around the right words', kannel(200, '0: Accepted for delivery<br>Warning: disk full')],
    ['a page that is labelled as text', [200, '<html>0: Accepted', 'text/plain']],
    ['a page around a refusal', kannel(200, '<p>Not routable</p>')],
  ] as const)('takes %s neither for a yes nor for a no', async (_, answer) => {
    const loose = { ...wire, successPattern: /Accepted/, refusalPattern: /Not routable/ };
    expect(await outcome(answer, loose)).toBe('unconfirmed');
  });

  it('believes no line under the label of a page without a pattern for it', async () => {
    expect(await outcome(kannel(200, 'No credit left'), wire)).toBe('unconfirmed');
    expect(await outcome([200, 'queued', 'text/plain'], wire)).toBe('accepted');
  });

  it.each([
    [undefined, ''],
    [30, '1'],
    [600, '10'],
    [598, '9'],
  ])('tells a validity of %s seconds in whole minutes: %j', async (validForSecs, minutes) => {
    const gateway = await FakeGateway.start();
    const url = `${gateway.url}/cgi-bin/sendsms?username=u&password=p&to={to}&text={text}&v={validForMins}`;
    const provider = new HttpProvider({ url, method: 'GET', patience });
    const message = { to: PhoneNumber.parse('+14155552671'), body: 'text', validForSecs, attemptId: randomUUID() };
    await provider.send(message, AbortSignal.timeout(5_000));
    expect(gateway.ledger[0]?.fields.v).toBe(minutes);
    await provider.close();
    await gateway.close();
  });

  it.each([
    [undefined, 'good'],
    [/^ok$/, 'good'],
    [/on-line/, 'unconfirmed'],
  ])('reads the answer to a ping by the pattern %s: %s', async (pingPattern, expected) => {
    const gateway = await FakeGateway.start();
    const provider = new HttpProvider({ url: gateway.url, pingUrl: `${gateway.url}/ping`, pingPattern, patience });
    const pinged = provider.ping?.(AbortSignal.timeout(5_000)).then(
      () => 'good',
      (error: ProviderError) => error.fault,
    );
    expect(await pinged).toBe(expected);
    await provider.close();
    await gateway.close();
  });
});
