import { existsSync, readFileSync } from 'node:fs';

const PAGE = 'docs/operations.md';
const RULES = 'ops/prometheus/alerts.yml';
/** Written with the page; the rules themselves are looked at where they are there. */
const ALERTS = [
  ...['all-providers-out', 'provider-out', 'send-success-low', 'conversion-collapse', 'no-delivery-reports'],
  ...[
    'reports-refused',
    'outbox-old',
    'spend-near-cap',
    'spend-at-cap',
    'instance-down',
    'database-down',
    'redis-down',
  ],
  ...['event-loop-lag', 'server-errors', 'webhooks-old'],
].map((name) => `sixdigit-${name}`);

describe('docs/operations.md', () => {
  /** As GitHub makes anchors of headings. */
  const headings = [...readFileSync(PAGE, 'utf8').matchAll(/^### Alert: (.+)$/gm)];
  const anchors = headings.map(([, title = '']) => title.toLowerCase().replaceAll(' ', '-'));

  it('has one section for every alert', () => {
    expect(anchors.toSorted()).toEqual(ALERTS.toSorted());
  });

  it('is where every alert sends people', () => {
    if (!existsSync(RULES)) return;
    const text = readFileSync(RULES, 'utf8');
    const urls = [...text.matchAll(/runbook_url: (\S+)/g)].map(([, url]) => url);
    expect(urls).toHaveLength([...text.matchAll(/- alert: /g)].length);
    expect(urls.filter((url) => !anchors.some((name) => url === `${PAGE}#alert-${name}`))).toEqual([]);
  });
});
