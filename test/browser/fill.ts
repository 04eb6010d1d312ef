import { callAsOperator, type Dashboard } from './dashboard.js';

/** What there is to be seen. */
export interface Filled {
  /** One that was approved. */
  readonly verification: string;
  readonly endpoint: string;
  /** A text of its own. */
  readonly message: string;
}

const must = <Body>({ status, body }: { readonly status: number; readonly body: Body }): Body => {
  if (status >= 300) throw new Error(`${status}: ${JSON.stringify(body)}`);
  return body;
};

/** A little of everything, as clients and operators leave it, so that no page is empty. */
export async function fill(dashboard: Dashboard): Promise<Filled> {
  const { program, twilio } = dashboard;
  const admin = await callAsOperator(dashboard);
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
  const message = must(
    await program.call('POST', '/v1/messages', { to: '+12125552198', body: 'Your table is ready.' }),
  );
  return { verification: approved.id, endpoint: endpoint.id, message: message.id };
}
