import { Registry } from 'prom-client';

import { Counts, Durations } from './families.js';

const text = (registry: Registry) => registry.metrics();

describe('Counts', () => {
  it('is written as Prometheus reads it, and 0 where nothing happened', async () => {
    const registry = new Registry();
    new Counts({ name: 'bare_total', help: 'Bare', labels: [], most: 1 }, registry);
    const counts = new Counts({ name: 'x_total', help: 'X', labels: ['a', 'b'], most: 9 }, registry);
    counts.at('one', 'two').inc();
    counts.at('one', 'two').inc(2);
    counts.at('one', 'three').inc();
    expect(await text(registry)).toBe(
      '# HELP bare_total Bare\n# TYPE bare_total counter\nbare_total 0\n\n' +
        '# HELP x_total X\n# TYPE x_total counter\nx_total{a="one",b="two"} 3\nx_total{a="one",b="three"} 1\n',
    );
  });

  it('has no more series than it may, and one for the rest', async () => {
    const registry = new Registry();
    const counts = new Counts({ name: 'x_total', help: 'X', labels: ['a', 'b'], most: 3 }, registry);
    for (let i = 0; i < 1_000; i++) counts.at(`a${i}`, `b${i % 7}`).inc();
    counts.at('a0', 'b0').inc();
    const lines = (await text(registry)).split('\n').filter((line) => line.startsWith('x_total'));
    expect(lines).toEqual([
      'x_total{a="a0",b="b0"} 2',
      'x_total{a="a1",b="b1"} 1',
      'x_total{a="a2",b="b2"} 1',
      'x_total{a="other",b="other"} 997',
    ]);
  });
});

describe('Durations', () => {
  it('counts what took as long as a bucket, or less, in it and all after it', async () => {
    const registry = new Registry();
    const times = new Durations({ name: 't_seconds', help: 'T', labels: ['a'], most: 2 }, registry, [0.1, 1]);
    for (const secs of [0.05, 0.1, 0.5, 7]) times.at('x').observe(secs);
    expect((await text(registry)).split('\n').slice(2, 7)).toEqual([
      't_seconds_bucket{le="0.1",a="x"} 2',
      't_seconds_bucket{le="1",a="x"} 3',
      't_seconds_bucket{le="+Inf",a="x"} 4',
      't_seconds_sum{a="x"} 7.65',
      't_seconds_count{a="x"} 4',
    ]);
  });
});
