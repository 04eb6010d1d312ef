import { connect } from 'node:net';

import { startApp, type Answer, type TestApp } from '../setup/app.js';

/** Part of nearly every input below, and of no text of ours. */
const PHONE = '+12125550147';
const MARKS = ['2125550147', '864213', 'zebra'];

const START = '/v1/verifications';
const JSON_TYPE = { 'content-type': 'application/json' };
const UNLIMITED = { SMS_RATE_LIMIT_PER_HOUR: '10000', SMS_RATE_LIMIT_PER_DAY: '10000' };
const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);

function expectProblem({ status, headers, body }: Answer, expected: number, code: string): void {
  expect(body).toEqual({
    ...(body.errors && { errors: expect.any(Array) }),
    type: `urn:sixdigit:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: expect.stringMatching(/^[A-Z]/),
    status: expected,
    detail: expect.stringMatching(/\.$/),
    code,
    hint: expect.any(String),
    instance: `urn:uuid:${headers.get('x-request-id')}`,
  });
  expect(status).toBe(expected);
  expect(headers.get('content-type')).toMatch(/^application\/problem\+json\b/);
  expectNoEcho(JSON.stringify(body));
}

function expectNoEcho(text: string): void {
  expect(MARKS.filter((mark) => text.includes(mark))).toEqual([]);
  expect(text).not.toMatch(/node_modules|\.[jt]s:\d|\bat \S+ \(/);
}

/** Writes `bytes` as they are, and closes when told to or when nothing more comes back. */
function sendRaw(url: string, bytes: string, then: 'wait' | 'end' | 'reset' = 'wait'): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      socket.write(bytes, () => {
        if (then === 'end') socket.end();
        if (then === 'reset') socket.resetAndDestroy();
      });
    });
    socket.setTimeout(3_000, () => socket.destroy());
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('bad input', () => {
  let app: TestApp;
  let id: string;
  beforeAll(async () => {
    app = await startApp(UNLIMITED);
    id = (await app.call('POST', START, { phone: PHONE })).body.id;
  });
  afterAll(() => app.close());

  const pathOf = (action: string) => (action === 'start' ? START : `${START}/${id}/${action}`);
  const post = (action: string, body?: unknown, headers?: Readonly<Record<string, string>>) =>
    app.call('POST', pathOf(action), body, headers);
  const valid: Readonly<Record<string, object>> = { start: { phone: PHONE }, check: { code: '864213' }, resend: {} };

  describe.each([
    ['start', 'phone'],
    ['start', 'channel'],
    ['start', 'locale'],
    ['start', 'purpose'],
    ['check', 'code'],
    ['check', 'purpose'],
    ['resend', 'channel'],
  ])('%s refuses as %s', (action, field) => {
    it.each([
      ['a number', 864213],
      ['a huge number', 864213e300],
      ['true', true],
      ['false', false],
      ['an array of texts', ['zebra', PHONE]],
      ['an empty array', []],
      ['an object', { zebra: PHONE }],
      ['an object that poses as a text', { length: 12, toString: 'zebra' }],
      ['a long text of NULs', 'zebra'.padEnd(65, '\0')],
      ['an empty text', ''],
    ])('%s', async (_, value) => {
      expectProblem(await post(action, { ...valid[action], [field]: value }), 400, 'INVALID_REQUEST');
    });
  });

  it.each([
    ['start', 'phone'],
    ['check', 'code'],
  ])('%s needs a %s', async (action, field) => {
    for (const body of [{}, { [field]: null }]) {
      const answer = await post(action, body);
      expectProblem(answer, 400, 'INVALID_REQUEST');
      expect(answer.body.errors).toEqual([{ pointer: `#/${field}`, detail: expect.any(String) }]);
    }
  });

  describe.each(['start', 'check', 'resend'])('%s refuses', (action) => {
    it.each([
      // A resend needs none, and clients send the type with every request.
      ...(action === 'resend' ? [] : [['an empty body of type JSON', '']]),
      ['an array', `[{"phone":"${PHONE}","code":"864213"}]`],
      ['an empty array', '[]'],
      ['a text', '"zebra"'],
      ['a number', '864213'],
      ['true', 'true'],
      ['JSON that ends too soon', `{"phone":"${PHONE}"`],
      ['JSON with a stray comma', `{"phone":"${PHONE}",}`],
      ['JSON with two values', `{"phone":"${PHONE}"}{}`],
      ['what is not JSON', `phone: zebra`],
      ['a member __proto__', `{"phone":"${PHONE}","code":"864213","__proto__":{"zebra":1}}`],
      ['a nested __proto__', `{"phone":{"__proto__":{"zebra":1}}}`],
      ['a constructor with a prototype', `{"phone":"${PHONE}","constructor":{"prototype":{"zebra":1}}}`],
      ['1000 nested arrays', nested(1_000)],
      ['1000 nested arrays in a member', `{"phone":${nested(1_000)},"code":${nested(1_000)}}`],
      ['1000 nested objects', `${'{"phone":'.repeat(1_000)}1${'}'.repeat(1_000)}`],
    ])('%s', async (_, body) => {
      expectProblem(await post(action, body, JSON_TYPE), 400, 'INVALID_REQUEST');
    });

    it('unknown members, by name', async () => {
      const answer = await post(action, { ...valid[action], 'is/Admin~': 'zebra' });
      expectProblem(answer, 400, 'INVALID_REQUEST');
      expect(answer.body.errors).toEqual([{ pointer: '#/is~1Admin~0', detail: 'is not a member of this request' }]);
    });

    it('bytes that are not UTF-8', async () => {
      const name = action === 'check' ? 'code' : action === 'start' ? 'phone' : 'channel';
      const body = Buffer.concat([
        Buffer.from(`{"${name}":"zebra`),
        Buffer.from([0xff, 0xc0, 0x80]),
        Buffer.from('"}'),
      ]);
      const headers = { authorization: `Bearer ${app.key}`, ...JSON_TYPE };
      const response = await fetch(app.url + pathOf(action), { method: 'POST', body, headers });
      expect(response.status).toBe(400);
      expectNoEcho(await response.text());
    });

    it.each([
      ['one byte too many', 65_537],
      ['10 MB', 10_000_000],
    ])('%s', async (_, size) => {
      expectProblem(await post(action, 'zebra'.padEnd(size, 'x'), JSON_TYPE), 413, 'INVALID_REQUEST');
    });

    it.each([
      ['multipart/form-data', 'multipart/form-data; boundary=x', 415],
      ['multipart without a boundary', 'multipart/form-data', 415],
      ['XML', 'application/xml', 415],
      ['another JSON', 'application/vnd.api+json', 415],
      ['an unreadable type', 'zebra', 415],
      ['plain text', 'text/plain', 415],
    ])('%s', async (_, type, status) => {
      const answer = await post(action, JSON.stringify(valid[action]), { 'content-type': type });
      expectProblem(answer, status, 'INVALID_REQUEST');
    });

    it('a body of no type', async () => {
      const body = Buffer.from(JSON.stringify({ phone: PHONE, code: '864213' }));
      const headers = { authorization: `Bearer ${app.key}` };
      const response = await fetch(app.url + pathOf(action), { method: 'POST', body, headers });
      expect(response.status).toBe(415);
      expectNoEcho(await response.text());
    });
  });

  it('takes the last of two members of one name', async () => {
    const { status, body } = await post('start', `{"phone":"zebra","phone":"${PHONE}"}`);
    expect([status, body.phone]).toEqual([201, '+******0147']);
  });

  it.each([
    ['full-width digits', '+１２１２５５５０１４７'],
    ['Arabic-Indic digits', '+١٢١٢٥٥٥٠١٤٧'],
    ['one full-width digit', '+1212555014７'],
    ['a NUL', '+1212555\u00000147'],
    ['a right-to-left override', `\u202e${PHONE}`],
    ['a left-to-right mark at the end', `${PHONE}\u200e`],
    ['a zero-width space', '+1212\u200b5550147'],
    ['a no-break space', '+1\u00a02125550147'],
    ['en dashes', '+1–212–555–0147'],
    ['full-width brackets', '（212）5550147'],
    ['ext', `${PHONE} ext 5`],
    [';ext=', `${PHONE};ext=5`],
    ['x', `${PHONE}x5`],
    ['#', `${PHONE}#5`],
    ['a comma', `${PHONE},5`],
    ['a second number', `${PHONE};${PHONE}`],
    ['a tel: URI', `tel:${PHONE}`],
    ['letters', '1-800-FLOWERS'],
    ['nothing but letters', 'zebra'],
    ['a number of a country code that is not there', '+999125550147'],
    ['a digit too few', '+1212555014'],
    ['a digit too many', `${PHONE}1`],
    ['more digits than any number has', '+121255501472125'],
    ['41 characters', PHONE.padStart(41)],
    ['an emergency number', '911'],
    ['zero', '0'],
    ['a plus', '+'],
    ['two pluses', `+${PHONE}`],
    ['a plus in the middle', '+1+2125550147'],
    ['spaces', '   '],
    ['separators', '(-) [.]'],
    ['a newline inside', '+1212\n5550147'],
    ['a newline at the end', `${PHONE}\n`],
    ['a header', `${PHONE}\r\nX-Zebra: zebra`],
    ['a tab', `\t${PHONE}`],
    ['half a surrogate pair', `${PHONE}\ud800`],
    ['SQL', `${PHONE}'; DROP TABLE verifications; --`],
  ])('no phone has %s', async (_, phone) => {
    expectProblem(await post('start', { phone }), 400, 'INVALID_PHONE_FORMAT');
  });

  it('no phone has 65 characters', async () => {
    expectProblem(await post('start', { phone: PHONE.padEnd(65, '1') }), 400, 'INVALID_REQUEST');
  });

  it.each([
    '+12125550147',
    '+1 212 555 0147',
    '+1 (212) 555-0147',
    '+1[212]5550147',
    '+1.212.555.0147',
    '(212) 555-0147',
    '212-555-0147',
    '2125550147',
    '1 212 555 0147',
    '  2125550147  ',
  ])('reads "%s"', async (phone) => {
    const { status, body } = await post('start', { phone });
    expect([status, body.phone]).toEqual([201, '+******0147']);
  });

  it.each([
    ['letters', '86421a'],
    ['full-width digits', '８６４２１３'],
    ['Arabic-Indic digits', '٨٦٤٢١٣'],
    ['3 digits', '864'],
    ['11 digits', '86421386421'],
    ['a NUL', '864213\0'],
    ['a newline', '864213\n'],
    ['spaces', ' 864213 '],
    ['a sign', '+864213'],
    ['an exponent', '864e213'],
    ['hex', '0x864213'],
  ])('no code has %s', async (_, code) => {
    const answer = await post('check', { code });
    expectProblem(answer, 400, 'INVALID_REQUEST');
    expect(answer.body.errors[0].pointer).toBe('#/code');
  });

  it('counts no guess that was refused as bad input', async () => {
    expect((await app.call('GET', `${START}/${id}`)).body.checksLeft).toBe(5);
  });

  describe.each([
    ['GET', ''],
    ['DELETE', ''],
    ['POST', '/check'],
    ['POST', '/resend'],
  ])('%s :id%s finds nothing by', (method, action) => {
    it.each([
      ['a word', 'zebra'],
      ['a number', '864213'],
      ['a phone', encodeURIComponent(PHONE)],
      ['SQL', encodeURIComponent("zebra' OR '1'='1")],
      ['a way out of the folder', '..%2f..%2fzebra%2fpasswd'],
      ['a NUL', '%00'],
      ['__proto__', '__proto__'],
      ['the nil UUID', '00000000-0000-0000-0000-000000000000'],
      ['a UUID without dashes', '7f3c1e2a000040008000123456789012'],
      ['a UUID and a newline', '7f3c1e2a-0000-4000-8000-123456789012%0A'],
      ['100 characters', 'zebra'.padEnd(100, 'x')],
    ])('%s', async (_, wrong) => {
      const body = { '/check': { code: '864213' }, '/resend': {} }[action];
      expectProblem(await app.call(method, `${START}/${wrong}${action}`, body), 404, 'VERIFICATION_NOT_FOUND');
    });
  });

  it('finds a verification by its id in capitals', async () => {
    expect((await app.call('GET', `${START}/${id.toUpperCase()}`)).body.id).toBe(id);
  });

  it.each([
    ['GET', '/'],
    ['GET', '/zebra'],
    ['GET', `/${encodeURIComponent(PHONE)}`],
    ['GET', '/v1/zebra?code=864213'],
    ['GET', START],
    ['PUT', START],
    ['PATCH', START],
    ['DELETE', START],
    ['OPTIONS', START],
    ['POST', '/health/live'],
    ['GET', '/docs/%2e%2e/%2e%2e/package.json'],
    ['GET', '/v1//verifications'],
  ])('has nothing at %s %s', async (method, path) => {
    expectProblem(await app.call(method, path), 404, 'NOT_FOUND');
  });

  it.each([
    ['an empty header', () => ''],
    ['no key', () => 'Bearer'],
    ['a wrong key', () => 'Bearer zebra-0123456789abcdef'],
    ['a key and more', (key: string) => `Bearer ${key}zebra`],
    ['a key without its end', (key: string) => `Bearer ${key.slice(0, -1)}`],
    ['two keys', (key: string) => `Bearer ${key} ${key}`],
    ['the name and the key', (key: string) => `Bearer tests:${key}`],
    ['another scheme', (key: string) => `Basic ${Buffer.from(`tests:${key}`).toString('base64')}`],
    ['no scheme', (key: string) => key],
    ['a key in quotes', (key: string) => `Bearer "${key}"`],
    ['a key of 8000 characters', () => `Bearer ${'zebra'.repeat(1_600)}`],
  ])('lets nobody in by %s', async (_, authorization) => {
    const answer = await post('start', valid.start, { authorization: authorization(app.key) });
    expectProblem(answer, 401, 'UNAUTHORIZED');
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(JSON.stringify(answer.body)).not.toContain(app.key);
  });

  it('lets nobody in by a key in the address', async () => {
    const path = `${START}?api_key=${app.key}&authorization=Bearer%20${app.key}`;
    const response = await fetch(app.url + path, { method: 'POST', body: '{}', headers: JSON_TYPE });
    expect(response.status).toBe(401);
    expect(await response.text()).not.toContain(app.key);
  });

  const request = (headers: string, body = '') => `POST ${START} HTTP/1.1\r\nHost: x\r\n${headers}\r\n\r\n${body}`;

  it.each([
    ['a huge header', request(`X-Zebra: ${'zebra'.repeat(5_000)}`), 431],
    ['too many headers', request(`${'X-Zebra: zebra\r\n'.repeat(3_000)}X-Last: 1`), 431],
    ['a method that is not there', `ZEBRA ${START} HTTP/1.1\r\nHost: x\r\n\r\n`, 400],
    ['another version of HTTP', `GET /zebra HTTP/9.9\r\nHost: x\r\n\r\n`, 400],
    ['no HTTP at all', `${PHONE} zebra 864213\r\n\r\n`, 400],
    ['a length that is no number', request('Content-Length: zebra'), 400],
    ['two lengths', request('Content-Length: 2\r\nContent-Length: 3', '{}'), 400],
    ['a length and chunks', request('Content-Length: 4\r\nTransfer-Encoding: chunked', '0\r\n\r\n'), 400],
    ['no host', `GET /health/live HTTP/1.1\r\n\r\n`, 400],
    ['a header with a NUL', request('X-Zebra: a\0b'), 400],
  ])('refuses %s', async (_, bytes, status) => {
    const answer = await sendRaw(app.url, bytes, 'end');
    expect(answer.split('\r\n', 1)).toEqual([expect.stringContaining(`HTTP/1.1 ${status} `)]);
    expectNoEcho(answer);
  });

  const short = () =>
    request(
      `Authorization: Bearer ${app.key}\r\nContent-Type: application/json\r\nContent-Length: 100`,
      `{"phone":"${PHONE}`,
    );

  it.each(['end', 'reset'] as const)('gets over 50 bodies that stop too soon (%s)', async (then) => {
    const answers = await Promise.all(Array.from({ length: 50 }, () => sendRaw(app.url, short(), then)));
    answers.forEach(expectNoEcho);
    expect((await app.call('GET', '/health/live')).status).toBe(200);
  });

  it('still works after all that, and nothing of it was unexpected', async () => {
    expect((await post('start', valid.start)).status).toBe(201);
    expect(app.log()).toContain('INVALID_PHONE_FORMAT');
    expect(app.log()).not.toContain('unexpected failure');
    MARKS.forEach((mark) => expect(app.log()).not.toContain(mark));
  });
});

describe('bad input of other kinds', () => {
  let app: TestApp;
  beforeAll(async () => void (app = await startApp(UNLIMITED)));
  afterAll(() => app.close());

  it.each(['channel', 'purpose'])('null as %s is as good as none, or bad', async (member) => {
    expect((await app.call('POST', START, { phone: PHONE, [member]: null })).status).toBeLessThan(500);
  });

  it.each([
    ['the body', nested(30_000)],
    ['a member', `{"phone":${nested(30_000)}}`],
  ])('30000 nested arrays as %s are bad', async (_, body) => {
    expectProblem(await app.call('POST', START, body), 400, 'INVALID_REQUEST');
  });

  it.each(['constructor', 'toString', 'hasOwnProperty', 'valueOf'])('%s is no member', async (member) => {
    expectProblem(await app.call('POST', START, { phone: PHONE, [member]: 1 }), 400, 'INVALID_REQUEST');
  });

  it('a form is not read', async () => {
    const type = { 'content-type': 'application/x-www-form-urlencoded' };
    const answer = await app.call('POST', START, `phone=${encodeURIComponent(PHONE)}`, type);
    expectProblem(answer, 415, 'INVALID_REQUEST');
  });

  it('a phone as the name of a member is not repeated', async () => {
    expectProblem(await app.call('POST', START, { [PHONE]: '864213' }), 400, 'INVALID_REQUEST');
  });

  it('spaces before the plus are dropped', async () => {
    expect((await app.call('POST', START, { phone: `  ${PHONE}` })).status).toBe(201);
  });

  it.each([
    ['an id of 5000 characters', `${START}/${PHONE}${'x'.repeat(5_000)}`, 414],
    ['a broken escape', `${START}/%E0%A4%A${PHONE}`, 400],
  ])('%s gets a problem document that does not repeat it', async (_, path, status) => {
    expectProblem(await app.call('GET', path), status, 'INVALID_REQUEST');
  });

  it.each([
    ['huge headers', `GET / HTTP/1.1\r\nHost: x\r\nX-Zebra: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['what is no HTTP', 'zebra\r\n\r\n'],
  ])('%s get a problem document', async (_, bytes) => {
    expect(await sendRaw(app.url, bytes, 'end')).toMatch(/^content-type: application\/problem\+json/im);
  });
});
