import type { Check } from '../check.js';
import { fault, ok, warning, type Said } from '../finding.js';

const CONNECT_MS = 3_000;
const OLDEST = [6, 2] as const;

export function redisCheck(url: string): Check {
  return {
    group: 'storage',
    name: 'redis',
    run: async (signal) => {
      const { Redis } = await import('ioredis');
      const address = new URL(url);
      const where = `${address.hostname}:${address.port || 6379}`;
      address.search = '';
      const client = new Redis(address.href, {
        connectionName: 'sixdigit',
        protocol: 2,
        lazyConnect: true,
        connectTimeout: CONNECT_MS,
        commandTimeout: CONNECT_MS,
        enableOfflineQueue: false,
        maxRetriesPerRequest: 0,
        retryStrategy: () => null,
      });
      let reason: Error | undefined;
      client.on('error', (error: Error) => (reason ??= error));
      // Letting go of it does not end a connect that has a socket and no greeting.
      const late = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () => reject(new Error('timed out')), { once: true }),
      );
      try {
        await Promise.race([late, client.connect()]);
        return findingsIn(await Promise.race([late, client.info()]), where);
      } catch (error) {
        return [signal.aborted ? silent(where) : failure(reason ?? error, where)];
      } finally {
        client.disconnect();
      }
    },
  };
}

function findingsIn(info: string, where: string): Said[] {
  const fact = (name: string) => new RegExp(`^${name}:(.*?)\\r?$`, 'm').exec(info)?.[1] ?? '';
  const version = fact('redis_version');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isOld = major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1]);
  const policy = fact('maxmemory_policy');
  const isBounded = !['', '0'].includes(fact('maxmemory'));
  const keeps =
    fact('aof_enabled') === '1' ? 'an append-only file' : fact('rdb_last_save_time') ? 'snapshots at most' : '';
  return [
    isOld
      ? fault('redis', `Redis ${version} at ${where} is too old`, `Upgrade it to ${OLDEST.join('.')} or newer.`)
      : ok('redis', `Redis ${version} at ${where}`),
    ...(fact('cluster_enabled') === '1'
      ? [
          fault(
            'redis',
            'it is a Redis Cluster',
            'Use one Redis, or a primary with replicas: scripts here touch several keys.',
          ),
        ]
      : []),
    ...(fact('role') === 'slave'
      ? [fault('redis', 'it is a replica, which only reads', 'Write the primary into REDIS_URL.')]
      : []),
    policy === 'noeviction'
      ? ok('eviction', 'noeviction: it forgets no limit')
      : warning(
          'eviction',
          `maxmemory-policy is ${policy || 'not told'}: ${isBounded ? 'a full memory forgets limits' : 'with a maxmemory it would forget limits'}`,
          'redis-cli config set maxmemory-policy noeviction, and write it into redis.conf.',
        ),
    fact('aof_enabled') === '1'
      ? ok('persistence', `${keeps}: limits survive its restart`)
      : warning(
          'persistence',
          `${keeps || 'none'}: a restart forgets the latest sends, and a phone may get as many again`,
          'redis-cli config set appendonly yes, and write it into redis.conf.',
        ),
  ];
}

const silent = (where: string): Said =>
  fault(
    'redis',
    `${where}: no answer within seconds`,
    'Look whether Redis is up, and at firewalls between this machine and it.',
  );

function failure(error: unknown, where: string): Said {
  const { code, message = '' } = (error ?? {}) as { code?: string; message?: string };
  const say = (found: string, mend: string) => fault('redis', `${where}: ${found}`, mend);
  if (code === 'ECONNREFUSED') return say('nobody listens there', 'Start Redis, or correct REDIS_URL, or unset it.');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return say('its host is not known', 'Correct the host in REDIS_URL.');
  if (/WRONGPASS|NOAUTH|invalid (username|password)/i.test(message))
    return say('it refuses the password', 'Correct it: REDIS_URL=redis://USER:PASSWORD@HOST:6379');
  if (/NOPERM/.test(message))
    return say('this user may not ask INFO', 'Allow +info to its ACL: the program needs it, too.');
  if (/time[d]? ?out/i.test(message) || code === 'ETIMEDOUT') return silent(where);
  return say(
    `it cannot be used (${code ?? 'connection lost'})`,
    'Try the same address by redis-cli -u, which says more; rediss:// where it wants TLS.',
  );
}
