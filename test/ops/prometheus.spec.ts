import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import { cli } from '../setup/cli.js';
import { credentials } from '../setup/instances.js';
import { cleanUp, dataFolder, PRODUCTION, start, type Program } from '../setup/process.js';
import { onPrometheus, OPS, Prometheus, promtool } from '../setup/prometheus.js';
import { FakeSns, FakeTwilio } from '../support/index.js';

jest.setTimeout(300_000);

const until = async (holds: () => Promise<boolean>, ms: number, what: string) => {
  for (const end = performance.now() + ms; performance.now() < end; await sleep(200)) if (await holds()) return;
  throw new Error(`not within ${ms / 1_000} s: ${what}`);
};

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: object;
  readonly datasource?: { readonly uid: string };
  readonly targets?: readonly { readonly expr: string; readonly datasource: { readonly uid: string } }[];
}
const dashboard = JSON.parse(readFileSync(join(OPS, 'grafana/sixdigit.json'), 'utf8')) as {
  readonly panels: readonly Panel[];
  readonly schemaVersion: number;
  readonly templating: { readonly list: readonly object[] };
};
const alertNames = [...readFileSync(join(OPS, 'prometheus/alerts.yml'), 'utf8').matchAll(/- alert: (\w+)/g)].map(
  ([, name]) => name!,
);

onPrometheus('ops/prometheus', () => {
  it('has rules that promtool takes', () => {
    expect(promtool(['check', 'rules', 'ops/prometheus/alerts.yml'])).toMatchObject({ status: 0 });
  });

  it('has rules that fire when they should', () => {
    expect(promtool(['test', 'rules', 'ops/prometheus/tests/alerts.test.yml'])).toMatchObject({ status: 0 });
  });

  it('has a test and a place in the runbook for every alert', () => {
    const tests = readFileSync(join(OPS, 'prometheus/tests/alerts.test.yml'), 'utf8');
    const rules = readFileSync(join(OPS, 'prometheus/alerts.yml'), 'utf8');
    for (const name of alertNames) {
      expect(tests).toContain(`alertname: ${name}\n        exp_alerts:\n          - exp_labels`);
      const anchor = `alert-${name.replace(/(?<!^)([A-Z])/g, '-$1').toLowerCase()}`;
      expect(rules).toContain(`runbook_url: docs/operations.md#${anchor}\n`);
    }
    expect(rules.match(/^ {10}severity: (critical|warning)$/gm)).toHaveLength(alertNames.length);
    expect(rules.match(/^ {10}summary: /gm)).toHaveLength(alertNames.length);
    expect(rules.match(/^ {10}description: /gm)).toHaveLength(alertNames.length);
  });

  describe('a real Prometheus in front of the real program', () => {
    let twilio: FakeTwilio;
    let sns: FakeSns;
    let program: Program;
    let prometheus: Prometheus;

    /** Minutes become seconds; what is said stays the same. */
    const hasten = (rules: string) =>
      rules
        .replace(/for: 1m$/gm, 'for: 4s')
        .replace(/for: (30s|2m|5m)$/gm, 'for: 4s')
        .replace(/\[(5m|10m|15m|30m)\]/g, '[20s]');

    beforeAll(async () => {
      [twilio, sns] = await Promise.all([FakeTwilio.start(), FakeSns.start({ accessKeyId: 'AKIAFAKE00000000' })]);
      const data = await dataFolder();
      const env = { ...PRODUCTION, ...credentials(twilio, sns), DATA_DIR: data, HOST: '127.0.0.1' };
      const made = await cli(['keys', 'create', '--name', 'prometheus', '--scopes', 'admin', '--json'], env);
      const { key } = JSON.parse(made.stdout) as { key: string };
      program = await start({ ...env, SMS_LOG_LEVEL: 'info' });
      prometheus = await Prometheus.start(`127.0.0.1:${program.port}`, key, hasten);
    });
    afterAll(async () => {
      await prometheus?.close();
      await cleanUp();
      await Promise.all([twilio?.close(), sns?.close()]);
    });

    let phones = 0;
    const send = () => program.send(`+1212555${4_000 + phones++}`);
    const firing = async () =>
      (await prometheus.alerts()).filter(({ state }) => state === 'firing').map(({ labels }) => labels);

    it('fires an alert when the primary dies, and takes it back when it has healed', async () => {
      await send();
      await until(
        async () => (await prometheus.query('sixdigit_attempts_total{outcome="accepted"}')).length > 0,
        60_000,
        'a first scrape with the bearer token',
      );
      // Whether a scrape comes in time is the machine's business, and not what this is about.
      const told = async () => (await firing()).filter(({ alertname }) => /Provider/.test(alertname ?? ''));
      expect(await told()).toEqual([]);
      twilio.down();
      for (let i = 0; i < 5; i++) await send();
      await until(async () => (await told()).length > 0, 60_000, 'the alert');
      const out = { alertname: 'SixdigitProviderOut', provider: 'twilio', severity: 'warning', job: 'sixdigit' };
      expect(await told()).toEqual([out]);
      // Texts go by the other, so nobody is woken.
      expect((await send()).body.delivery).toBe('accepted');
      twilio.heal();
      const isBack = async () => {
        await send();
        await sleep(500);
        return (await told()).length === 0;
      };
      await until(isBack, 90_000, 'the end of the alert');
    });

    it('fires when no provider is left, and when the instance is gone', async () => {
      twilio.down();
      sns.down();
      for (let i = 0; i < 12; i++) await send();
      const names = async () => (await firing()).map(({ alertname }) => alertname);
      await until(async () => (await names()).includes('SixdigitAllProvidersOut'), 60_000, 'all providers out');
      await program.stop('SIGKILL');
      await until(async () => (await names()).includes('SixdigitInstanceDown'), 60_000, 'instance down');
    });

    describe('the dashboard', () => {
      const exprs = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));
      /** As Grafana fills them in. */
      const filled = (expr: string) => expr.replaceAll('$__rate_interval', '1m').replaceAll('$job', '.*');

      it('has what Grafana needs', () => {
        expect(dashboard).toMatchObject({ uid: 'sixdigit', title: 'Sixdigit', id: null });
        expect(dashboard.schemaVersion).toBeGreaterThanOrEqual(36);
        expect(dashboard.templating.list[0]).toMatchObject({
          name: 'datasource',
          type: 'datasource',
          query: 'prometheus',
        });
        const ids = dashboard.panels.map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
        for (const { type, title, gridPos, datasource, targets } of dashboard.panels) {
          expect([title, gridPos]).toEqual([
            expect.stringMatching(/./),
            expect.objectContaining({ h: expect.any(Number) }),
          ]);
          if (type === 'row') continue;
          expect(datasource?.uid).toBe('${datasource}');
          expect(targets?.length).toBeGreaterThan(0);
          for (const target of targets ?? []) expect(target.datasource.uid).toBe('${datasource}');
        }
      });

      it('asks for nothing that Prometheus cannot read', async () => {
        expect(exprs.length).toBeGreaterThan(30);
        for (const expr of exprs) await expect(prometheus.query(filled(expr))).resolves.toBeDefined();
        await expect(prometheus.query('sum(')).rejects.toThrow(/parse error/);
      });

      it('names only metrics that there are, in alerts as in panels', () => {
        const docs = readFileSync(resolve(__dirname, '../../docs/metrics.md'), 'utf8');
        const own = new Set([...docs.matchAll(/^\| `(sixdigit_\w+)`/gm)].map(([, name]) => name));
        const rules = readFileSync(join(OPS, 'prometheus/alerts.yml'), 'utf8');
        const others = new Set([
          'up',
          'nodejs_eventloop_lag_p99_seconds',
          'process_resident_memory_bytes',
          'process_cpu_seconds_total',
        ]);
        const named = (text: string) => text.match(/\b(sixdigit|nodejs|process)_\w+/g) ?? [];
        for (const name of [...exprs, rules].flatMap(named)) {
          const family = name.replace(/_(bucket|sum|count)$/, '');
          expect([name, own.has(name) || own.has(family) || others.has(name)]).toEqual([name, true]);
        }
      });
    });
  });
});
