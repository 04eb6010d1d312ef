import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

import { Client } from 'pg';

import type { Source } from '../../../src/kernel/index.js';
import { PostgresDatabase } from '../../../src/prisma/index.js';
import { cli } from '../../setup/cli.js';
import { freePort } from '../../setup/free-port.js';
import { cleanUp, launch, tempFolder, type Program } from '../../setup/process.js';
import { startPostgres, type OwnServer } from '../../setup/servers.js';
import { FakeGateway, FakeLookup, FakeSns, FakeTwilio } from '../../support/index.js';
import { Shell } from './shell.js';

/** What every page may name. */
const KEY = 'docs-key-0123456789abcdef';
const PASSWORD = 'correct horse battery staple';
/** How pages write where the program is. */
const ADDRESS = /https?:\/\/(?:localhost|127\.0\.0\.1):3000|https:\/\/verify\.example\.com|(?<![\w/.])localhost:3000/g;

/** The server that pages' databases are on. */
export class Server {
  private constructor(
    private readonly url: string,
    private readonly own: OwnServer | undefined,
    private readonly template: string,
  ) {}

  /** With one migrated database, of which every page's is a copy. */
  static async open(): Promise<Server> {
    const own = process.env.TEST_DATABASE_URL ? undefined : await startPostgres();
    const url = process.env.TEST_DATABASE_URL ?? own?.url ?? '';
    const template = `docs_${randomUUID().replaceAll('-', '')}`;
    const server = new Server(url, own, template);
    await server.sql(`CREATE DATABASE ${template}`);
    await (await PostgresDatabase.connect(server.at(template))).close();
    return server;
  }

  async copy(): Promise<string> {
    const name = `docs_${randomUUID().replaceAll('-', '')}`;
    await this.sql(`CREATE DATABASE ${name} TEMPLATE ${this.template}`);
    return this.at(name);
  }

  async drop(url = this.at(this.template)): Promise<void> {
    await this.sql(`DROP DATABASE ${new URL(url).pathname.slice(1)} WITH (FORCE)`);
  }

  async close(): Promise<void> {
    await this.drop();
    await this.own?.close();
  }

  private at(name: string): string {
    return Object.assign(new URL(this.url), { pathname: `/${name}` }).href;
  }

  private async sql(text: string): Promise<void> {
    const client = new Client({ connectionString: this.url });
    await client.connect();
    await client.query(text).finally(() => client.end());
  }
}

export interface WorldOptions {
  /** What the page's `program` says. */
  readonly env: Source;
  /** Twilio, SNS, a gateway and Lookup, as fakes, instead of simulation. */
  readonly fakes: boolean;
  /** Whether anything of the page talks to the program itself. */
  readonly listens: boolean;
}

/** A database, the program on it, and a shell beside it, for one page. */
export class World {
  private constructor(
    private readonly server: Server,
    private readonly database: string,
    private readonly fakes: readonly { close(): Promise<void> }[],
    private readonly program: Program | undefined,
    readonly shell: Shell,
  ) {}

  static async open(server: Server, { env, fakes, listens }: WorldOptions): Promise<World> {
    const database = await server.copy();
    const carriers = fakes
      ? await Promise.all([FakeTwilio.start(), FakeSns.start(), FakeGateway.start(), FakeLookup.start()])
      : undefined;
    const port = await freePort();
    carriers?.[3].lines.set('+14155550142', { type: 'landline', carrier: 'Pacific Bell' });
    const own: Source = {
      PORT: String(port),
      PUBLIC_BASE_URL: `http://127.0.0.1:${port}`,
      DATABASE_URL: database,
      DATA_DIR: tempFolder(),
      APP_SECRET: randomBytes(32).toString('base64'),
      API_KEYS: `shop:${KEY}`,
      ADMIN_PASSWORD: PASSWORD,
      ...(carriers ? carrierEnv(...carriers) : { SMS_SIMULATION_MODE: 'true' }),
      ...env,
    };
    const program = listens ? await started(own) : undefined;
    const words: Record<string, string | undefined> = {
      ROOT: process.cwd(),
      KEY,
      PASSWORD,
      U: program?.url,
      URL: program?.url,
      K: `Authorization: Bearer ${KEY}`,
    };
    if (listens) {
      const made = await cli(['keys', 'create', '--name', 'operator', '--scopes', 'admin', '--json'], own);
      words.ADMIN_KEY = (JSON.parse(made.stdout) as { key: string }).key;
    }
    return new World(server, database, carriers ?? [], program, new Shell(tempFolder(), { ...own, ...words }));
  }

  /** A page's text with this program's address in it. */
  here(text: string): string {
    return text.replace(ADDRESS, this.program?.url ?? '$&');
  }

  async close(): Promise<void> {
    this.shell.close();
    await cleanUp();
    await Promise.all(this.fakes.map((fake) => fake.close()));
    await this.server.drop(this.database);
  }
}

/** With keys of its own it prints no next steps, which `Program.ready` waits for. */
async function started(env: Source): Promise<Program> {
  const program = launch(env);
  const ended = program.exit.then(({ code }) => {
    throw new Error(`The program ended with ${code}:\n${program.stdout}${program.stderr}`);
  });
  const ready = async () => {
    while (!program.url) await sleep(20);
  };
  await Promise.race([ready(), ended]);
  ended.catch(() => undefined);
  return program;
}

function carrierEnv(twilio: FakeTwilio, sns: FakeSns, gateway: FakeGateway, lookup: FakeLookup): Source {
  return {
    TWILIO_ACCOUNT_SID: twilio.accountSid,
    TWILIO_AUTH_TOKEN: 'test-token',
    TWILIO_FROM_NUMBER: '+15005550006',
    TWILIO_BASE_URL: twilio.url,
    AWS_SNS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
    AWS_SNS_SECRET_ACCESS_KEY: 'test-secret',
    AWS_SNS_ENDPOINT: sns.url,
    SMS_HTTP_URL: `${gateway.url}/send`,
    SMS_HTTP_HEADERS: '{"Content-Type":"application/json"}',
    SMS_HTTP_BODY: '{"to":"{to}","text":"{text}"}',
    LOOKUP_BASE_URL: lookup.url,
    // A busy machine is no slow provider.
    SMS_ATTEMPT_TIMEOUT_MS: '10000',
    SMS_SEND_BUDGET_MS: '30000',
  };
}
