import { PhoneNumber } from '../../kernel/index.js';
import type { Attempt } from '../../sms/index.js';
import { Metrics } from '../metrics.js';
import { TextMetrics } from './text-metrics.js';

const TEXT = { channel: 'sms', country: PhoneNumber.parse('+14155552671').country } as const;
const failed: Attempt = {
  id: 'a',
  provider: 'twilio',
  durationMs: 40,
  outcome: 'not_sent',
  fault: 'unreachable',
  reason: 'nobody there',
};

describe('TextMetrics', () => {
  it('counts a try that its provider did not take', async () => {
    const metrics = new Metrics();
    new TextMetrics(metrics).attempted(failed, TEXT);
    const text = await metrics.registry.metrics();
    expect(text).toContain('sixdigit_attempts_total{provider="twilio",channel="sms",outcome="not_sent"} 1');
    expect(text).toContain('sixdigit_attempt_faults_total{provider="twilio",fault="unreachable"} 1');
  });

  it('says nothing of a provider that was not asked', async () => {
    const metrics = new Metrics();
    new TextMetrics(metrics).attempted({ ...failed, durationMs: 0, isVoid: true }, TEXT);
    expect(await metrics.registry.metrics()).not.toContain('twilio');
  });
});
