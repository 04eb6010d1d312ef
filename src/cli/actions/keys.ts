import { SCOPES, type Scope } from '../../http/index.js';
import { KEY_NAME, Keys, KeysModule, type KeyRow } from '../../keys/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';
import { UsageError } from '../usage-error.js';

interface CreateOptions {
  readonly name: string;
  readonly scopes: string;
  readonly expires?: string;
  readonly json?: true;
}

const HOUR_MS = 3_600_000;

export async function create({ name, scopes, expires, json }: CreateOptions): Promise<void> {
  const asked = { name: nameFrom(name), scopes: scopesFrom(scopes), expiresAt: expiryFrom(expires) };
  const { row, key } = await withKeys((keys) => keys.create(asked, operator()));
  if (json) return print({ ...shown(row), key });
  console.log(`${key}\n`);
  console.log(`This is the key "${row.name}" (${row.scopes.join(', ')}). It is shown this once: keep it now.`);
  console.log(`To revoke it: npm run cli -- keys revoke ${row.id}`);
}

export async function list({ json }: { json?: true }): Promise<void> {
  const rows = await withKeys((keys) => keys.list());
  if (json) return print(rows.map(shown));
  if (rows.length === 0) console.log('No keys yet. Make one by: npm run cli -- keys create --name shop');
  else console.table(rows.map(line));
}

export async function revoke(id: string, { json }: { json?: true }): Promise<void> {
  await withKeys((keys) => keys.revoke(id, operator()));
  if (json) return print({ revoked: id });
  console.log('Revoked. Other instances let it in for 5 more seconds at most.');
}

function withKeys<T>(work: (keys: Keys) => Promise<T>): Promise<T> {
  return withRooms(
    ({ apiKeys }) => [KeysModule.forRoot({ takenNames: apiKeys.map(({ name }) => name) })],
    (context) => work(context.get(Keys)),
  );
}

const print = (value: unknown) => console.log(JSON.stringify(value, null, 2));

function shown(row: KeyRow): Record<string, unknown> {
  const { id, name, hint, scopes, created_at: createdAt, created_by: createdBy } = row;
  const { last_used_at: lastUsedAt, expires_at: expiresAt, revoked_at: revokedAt } = row;
  return { id, name, hint, scopes, createdAt, createdBy, lastUsedAt, expiresAt, revokedAt };
}

function line(row: KeyRow): Record<string, string> {
  const day = (at: Date | null) => at?.toISOString().slice(0, 16).replace('T', ' ') ?? '';
  const end = row.revoked_at
    ? `revoked ${day(row.revoked_at)}`
    : row.expires_at
      ? `expires ${day(row.expires_at)}`
      : '';
  return {
    id: row.id,
    name: row.name,
    key: `…${row.hint}`,
    scopes: row.scopes.join(' '),
    used: day(row.last_used_at),
    end,
  };
}

function nameFrom(name: string): string {
  if (KEY_NAME.test(name)) return name;
  throw new UsageError('--name must be 1 to 40 characters of a-z 0-9 -.', 'Write it like --name shop');
}

function scopesFrom(text: string): Scope[] {
  const names = text.split(',').map((name) => name.trim());
  const scopes = SCOPES.filter((scope) => names.includes(scope));
  if (scopes.length > 0 && names.every((name) => SCOPES.some((scope) => scope === name))) return scopes;
  throw new UsageError(`--scopes must be of ${SCOPES.join(', ')}.`, 'Write it like --scopes verify,message');
}

function expiryFrom(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const [, count, unit] = /^([1-9]\d{0,4})([hd])$/.exec(text) ?? [];
  if (!count) throw new UsageError('--expires must be a number of days or hours.', 'Write it like --expires 90d');
  return new Date(Date.now() + Number(count) * HOUR_MS * (unit === 'd' ? 24 : 1));
}
