import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import { UsageError } from '../usage-error.js';
import { Answered, ask } from './remote.js';

const servers: Server[] = [];
afterEach(() => servers.splice(0).forEach((server) => server.close()));

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
const get = (url: string, key = 'k') => ask({ url, key }, { method: 'GET', path: '/v1/x' }, 1);
const answer = (status: number, headers: Record<string, string>, body: string) =>
  serve((_, reply) => reply.writeHead(status, headers).end(body));
const JSON_OF_OURS = { 'content-type': 'application/json; charset=utf-8', 'x-request-id': 'r' };

describe('what a program answers', () => {
  it('is taken when it is ours', async () => {
    const url = await answer(200, JSON_OF_OURS, '{"a":1}');
    expect(await (await get(url)).json()).toEqual({ a: 1 });
  });

  it.each([
    ['a page', { 'content-type': 'text/html', 'x-request-id': 'r' }, '<html>'],
    ['the JSON of another program', { 'content-type': 'application/json' }, '{}'],
    ['nothing', {}, ''],
  ])('is not taken when it is %s', async (_, headers, body) => {
    const url = await answer(200, headers, body);
    const refused = await get(url).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(Answered);
    expect(refused).toMatchObject({ kind: 'not_found', message: `What answers at ${url} is not Sixdigit.` });
  });

  it('is not looked for where a redirect leads, which would take the key there', async () => {
    let asked = 0;
    const elsewhere = await serve((_, reply) => reply.writeHead(200, JSON_OF_OURS).end(String(++asked)));
    const url = await answer(301, { location: `${elsewhere}/v1/x` }, '');
    await expect(get(url)).rejects.toThrow(`It answers 301, and sends on to ${elsewhere}/v1/x.`);
    expect(asked).toBe(0);
  });

  it('tells which member of a request was wrong', async () => {
    const problem = { detail: 'No.', hint: 'Mend it.', errors: [{ pointer: '#/channel', detail: 'must be sms' }] };
    const url = await answer(400, { 'content-type': 'application/problem+json' }, JSON.stringify(problem));
    await expect(get(url)).rejects.toMatchObject({ message: 'No.\n  channel: must be sms', hint: 'Mend it.' });
  });

  it.each(['null', '[]', '"no"', '<html>'])('is read when the refusal is %s', async (body) => {
    await expect(get(await answer(404, {}, body))).rejects.toThrow('The program answered 404.');
  });
});

it.each([
  ['http://127.0.0.1:1', 'a\nb'],
  ['http://127.0.0.1:1', 'ключ'],
  ['http://name:password@127.0.0.1:1', 'k'],
])('%j with the key %j is refused before anybody is asked', async (url, key) => {
  await expect(get(url, key)).rejects.toBeInstanceOf(UsageError);
});
