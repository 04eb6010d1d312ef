import { setTimeout as sleep } from 'node:timers/promises';

import { callAsOperator, RESTING, type Dashboard } from './dashboard.js';

const COUNTED_MS = 120_000;

/** What there is to be seen. */
export interface Filled {
  /** One that was approved. */
  readonly verification: string;
  readonly endpoint: string;
  /** A text of it. */
  readonly message: string;
  /** Until the hour's texts are summed up, for analytics and for the shadow: that happens once a minute. */
  counted(): Promise<void>;
}

const must = <Body>({ status, body }: { readonly status: number; readonly body: Body }): Body => {
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
};

/** A little of everything, as clients and operators leave it, so that no page is empty. */
export async function fill(dashboard: Dashboard): Promise<Filled> {
  const { program, twilio } = dashboard;
  const admin = await callAsOperator(dashboard);
  must(await admin('PUT', '/v1/admin/routing/rules', { country: 'GB', providers: ['aws-sns', 'twilio'] }));
  for (let index = 0; index < 6; index++) must(await program.send(`+1212555${2100 + index}`));
  must(await program.send('+447400123456'));
  const approved = must(await program.send('+12125552199'));
  const code = /\b\d{6}\b/.exec(twilio.ledger.at(-1)?.body ?? '')?.[0] ?? '';
  must(await program.check(approved.id, '000000'));
  must(await program.check(approved.id, code));
  must(await admin('POST', '/v1/admin/keys', { name: 'shop', scopes: ['verify'] }));
  must(
    await admin('PUT', '/v1/admin/templates/verification/en', {
      variant: 'short',
      body: '{{code}} is your {{brand}} code.',
    }),
  );
  must(
    await admin('PUT', '/v1/admin/templates/verification/en', {
      body: '{{code}} is your {{brand}} code. It expires in {{minutes expiryMinutes}}.',
    }),
  );
  must(
    await admin('POST', '/v1/admin/experiments', {
      template: 'verification',
      variants: [
        { name: 'control', weight: 50 },
        { name: 'short', weight: 50 },
      ],
    }),
  );
  const endpoint = must(
    await admin('POST', '/v1/webhook-endpoints', { url: `http://127.0.0.1:8999/sixdigit/${'long'.repeat(20)}` }),
  );
  must(await admin('POST', `/v1/webhook-endpoints/${endpoint.id}/test`));
  must(await admin('POST', `/v1/admin/senders/${encodeURIComponent(RESTING)}/rest`, { hours: 2 }));
  const counted = async () => {
    for (const until = Date.now() + COUNTED_MS; Date.now() < until; await sleep(500)) {
      const { total } = must(await admin('GET', '/v1/admin/analytics'));
      const { destinations } = must(await admin('GET', '/v1/admin/routing'));
      if (total.approved > 0 && destinations.some(({ shadow }: { readonly shadow: object | null }) => shadow)) return;
    }
    throw new Error('No hour was summed up in time.');
  };
  return { verification: approved.id, endpoint: endpoint.id, message: approved.messageId, counted };
}
