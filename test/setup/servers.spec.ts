import { connect } from 'node:net';

import { Client } from 'pg';

import { onOwnPostgres, onOwnRedis, startPostgres, startRedis, type OwnServer } from './servers.js';

jest.setTimeout(60_000);
const QUICKLY_MS = 2_000;

async function askPostgres(url: string): Promise<unknown> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: QUICKLY_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<{ answer: number }>('SELECT 1 AS answer')).rows[0]?.answer;
  } finally {
    client.end().catch(() => undefined);
  }
}

function askRedis(url: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => socket.write('PING\r\n'));
    socket.setTimeout(QUICKLY_MS, () => socket.destroy(new Error('timeout')));
    socket.once('data', (data) => (resolve(String(data)), socket.end())).once('error', reject);
  });
}

const servers = [
  ['PostgreSQL', onOwnPostgres, startPostgres, askPostgres, 1],
  ['Redis', onOwnRedis, startRedis, askRedis, '+PONG\r\n'],
] as const;
for (const [name, describeIt, open, ask, answer] of servers) {
  describeIt(`a ${name} of our own`, () => {
    let server: OwnServer;
    beforeAll(async () => void (server = await open()));
    afterAll(() => server.close());

    it('is silent while it is paused, gone while it is stopped, and back at the same place', async () => {
      expect(await ask(server.url)).toBe(answer);
      server.pause();
      await expect(ask(server.url)).rejects.toThrow(/timeout/);
      server.resume();
      expect(await ask(server.url)).toBe(answer);
      await server.stop();
      await expect(ask(server.url)).rejects.toThrow(/ECONNREFUSED/);
      await server.start();
      expect(await ask(server.url)).toBe(answer);
    });
  });
}
