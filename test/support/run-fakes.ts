import { basename } from 'node:path';
import { FakeSns } from './fake-sns.js';
import { FakeTwilio } from './fake-twilio.js';

async function main([twilioPort, snsPort]: readonly string[]): Promise<void> {
  const twilio = await FakeTwilio.start({ port: Number(twilioPort ?? 0) });
  const sns = await FakeSns.start({ port: Number(snsPort ?? 0) });
  const stop = (): void => void Promise.all([twilio.close(), sns.close()]);
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  process.stdout.write(`${JSON.stringify({ twilio: twilio.url, sns: sns.url })}\n`);
}

if (basename(process.argv[1] ?? '').startsWith('run-fakes')) void main(process.argv.slice(2));
