import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import type { Source } from '../../src/kernel/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { freePort } from '../setup/free-port.js';
import { credentials } from '../setup/instances.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(180_000);

type Value = { readonly stringValue?: string; readonly intValue?: number | string; readonly doubleValue?: number };
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly attributes: readonly { readonly key: string; readonly value: Value }[];
  readonly status?: { readonly code?: number };
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
}

/** An OTLP/HTTP collector that keeps what it gets. */
class FakeCollector {
  readonly spans: Span[] = [];
  readonly raw: string[] = [];
  readonly headers: IncomingHttpHeaders[] = [];
  resource: Readonly<Record<string, unknown>> = {};

  private constructor(private readonly server: Server) {}

  static async start(): Promise<FakeCollector> {
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        if (request.method !== 'POST' || request.url !== '/v1/traces') return response.writeHead(404).end();
        collector.take(Buffer.concat(chunks).toString(), request.headers);
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    const collector = new FakeCollector(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return collector;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  private take(body: string, headers: IncomingHttpHeaders): void {
    this.raw.push(body);
    this.headers.push(headers);
    const { resourceSpans } = JSON.parse(body) as {
      resourceSpans: { resource: { attributes: Span['attributes'] }; scopeSpans: { spans: Span[] }[] }[];
    };
    for (const { resource, scopeSpans } of resourceSpans) {
      this.resource = attributesOf(resource);
      for (const { spans } of scopeSpans) this.spans.push(...spans);
    }
  }
}

const attributesOf = ({ attributes }: Pick<Span, 'attributes'>): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue ?? value.doubleValue)]),
  );

let collector: FakeCollector;
let twilio: FakeTwilio;
let sns: FakeSns;
let app: TestApp | undefined;

beforeEach(async () => {
  [collector, twilio, sns] = await Promise.all([
    FakeCollector.start(),
    FakeTwilio.start(),
    FakeSns.start({ accessKeyId: 'AKIAFAKE00000000' }),
  ]);
});
afterEach(async () => {
  await app?.close();
  app = undefined;
  await Promise.all([collector.close(), twilio.close(), sns.close()]);
});

const begin = async (env: Source = {}) =>
  (app = await startApp({
    ...credentials(twilio, sns),
    OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-api-key=abc%3D1',
    OTEL_SERVICE_NAME: 'codes',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    SMS_ATTEMPT_TIMEOUT_MS: '10000',
    SMS_SEND_BUDGET_MS: '30000',
    ...env,
  }));

const PHONE = '+12125552671';
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';

it('tells the way of one verification with a failover, and nothing that is nobody’s business', async () => {
  const program = await begin();
  twilio.script({ kind: 'status', status: 503 });
  const posted: string[] = [];
  const listen = (message: unknown) => {
    const { request } = message as { request: { origin: string; headers: unknown } };
    if ([twilio.url, sns.url].includes(String(request.origin))) posted.push(JSON.stringify(request.headers));
  };
  subscribe('undici:request:create', listen);
  const headers = { traceparent: `00-${TRACE}-${PARENT}-01`, tracestate: `shop=${PHONE.slice(1)}` };
  const { body } = await program.call('POST', '/v1/verifications', { phone: PHONE }, headers);
  expect(body.delivery).toBe('accepted');
  const code = /\b\d{6}\b/.exec(sns.ledger[0]!.body)![0];
  const wrong = code === '000000' ? '000001' : '000000';
  await program.call('POST', `/v1/verifications/${body.id}/check`, { code: wrong });
  expect((await program.call('POST', `/v1/verifications/${body.id}/check`, { code })).body.valid).toBe(true);
  await program.call('GET', `/made/up/${PHONE}`);
  await program.call('GET', '/health/live');
  await program.close(); // sends what is not sent yet
  unsubscribe('undici:request:create', listen);

  const { spans } = collector;
  expect(collector.raw.join()).not.toMatch(/shop=|tracestate/i);
  const [start] = spans.filter(({ name }) => name === 'POST /v1/verifications');
  expect(start).toMatchObject({ traceId: TRACE, parentSpanId: PARENT, kind: 2 });
  expect(attributesOf(start!)).toEqual({
    'http.request.method': 'POST',
    'http.route': '/v1/verifications',
    'http.response.status_code': 201,
  });
  const children = spans
    .filter(({ parentSpanId }) => parentSpanId === start!.spanId)
    .sort((a, b) => Number(BigInt(a.endTimeUnixNano) - BigInt(b.endTimeUnixNano)));
  expect(children.map(({ name }) => name)).toEqual([
    'start_verification',
    'send twilio',
    'fail_over',
    'send aws-sns',
    'record_dispatch',
  ]);
  const [, primary, , backup] = children;
  expect(attributesOf(primary!)).toMatchObject({ 'sixdigit.outcome': 'unknown', 'error.type': 'unconfirmed' });
  expect(primary!.status?.code).toBe(2);
  expect(attributesOf(backup!)).toEqual({
    'sixdigit.provider': 'aws-sns',
    'sixdigit.channel': 'sms',
    'sixdigit.outcome': 'accepted',
    'sixdigit.country': 'US',
  });
  const checks = spans.filter(({ name }) => name === 'POST /v1/verifications/:id/check');
  expect(checks).toHaveLength(2);
  for (const { spanId } of checks)
    expect(spans.filter(({ parentSpanId }) => parentSpanId === spanId).length).toBeGreaterThan(0);
  // Background statements and probes are no traces of their own, and an unknown address has no name.
  expect(
    spans
      .filter(({ parentSpanId }) => !parentSpanId)
      .map(({ name }) => name)
      .sort(),
  ).toEqual(['HTTP', 'POST /v1/verifications/:id/check', 'POST /v1/verifications/:id/check']);

  const all = collector.raw.join('\n');
  const values = spans.flatMap(({ attributes, name }) => [
    name,
    ...attributes.map(({ value }) => JSON.stringify(value)),
  ]);
  for (const secret of [PHONE.slice(-7), code, wrong, body.id as string]) {
    expect(values.filter((value) => value.includes(secret))).toEqual([]);
  }
  for (const secret of [PHONE.slice(-7), body.id as string, 'test-key']) expect(all).not.toContain(secret);
  expect(collector.headers[0]).toMatchObject({ 'x-api-key': 'abc=1', 'content-type': 'application/json' });
  expect(collector.resource).toMatchObject({ 'service.name': 'codes', 'deployment.environment.name': 'test' });
  // A carrier is told of no trace.
  expect(posted.length).toBeGreaterThanOrEqual(2);
  for (const sent of posted) expect(sent).not.toMatch(/traceparent|tracestate/i);
});

it('tells of what the outbox sends', async () => {
  const program = await begin({ SMS_PROVIDERS: 'twilio' });
  twilio.down();
  for (let i = 0; i < 6; i++) await program.call('POST', '/v1/verifications', { phone: `+1212555${5_000 + i}` });
  twilio.heal();
  for (const end = Date.now() + 60_000; Date.now() < end && twilio.ledger.length === 0; ) await sleep(100);
  await sleep(500);
  await program.close();
  const { spans } = collector;
  const turns = spans.filter(({ name, parentSpanId }) => name === 'outbox message' && !parentSpanId);
  expect(turns.length).toBeGreaterThan(0);
  const parts = spans.filter(({ parentSpanId }) => turns.some(({ spanId }) => spanId === parentSpanId));
  expect(parts.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['begin_attempt', 'send twilio', 'record_dispatch']),
  );
});

it('leaves it to the sampler', async () => {
  const program = await begin({ OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0' });
  await program.call('POST', '/v1/verifications', { phone: PHONE }, { traceparent: `00-${TRACE}-${PARENT}-01` });
  await program.close();
  expect(collector.spans).toEqual([]);
});

it('loses nothing but traces when the collector is away, and says so once', async () => {
  const program = await begin({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await freePort()}` });
  const begun = performance.now();
  for (let i = 0; i < 5; i++) {
    expect((await program.call('POST', '/v1/verifications', { phone: `+1212555${6_000 + i}` })).status).toBe(201);
    await sleep(1_500);
  }
  const closing = performance.now();
  await program.close();
  expect(performance.now() - closing).toBeLessThan(15_000);
  expect(closing - begun).toBeLessThan(60_000);
  expect(program.log().match(/collector of traces does not take them/g)).toHaveLength(1);
});

it('refuses a collector that it could never reach, with how to mend it', async () => {
  await expect(
    begin({ OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4318', OTEL_TRACES_SAMPLER: 'sometimes' }),
  ).rejects.toThrow(/OTEL_EXPORTER_OTLP_ENDPOINT[^]*OTEL_TRACES_SAMPLER/);
});
