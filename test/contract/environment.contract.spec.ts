import { PhoneNumber, readVariables, type Source } from '../../src/kernel/index.js';
import { OwnSenders, providerDefinitions, type SmsProvider } from '../../src/sms/index.js';
import { FakeGateway, FakeSns, FakeTwilio, type FakeProvider } from '../support/index.js';

const TWILIO = { TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`, TWILIO_AUTH_TOKEN: 'test-token' };
const SNS = { AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000', AWS_SNS_SECRET_ACCESS_KEY: 'fake-secret' };

/** A provider as the operator's variables make it. */
function make(name: string, env: Source): SmsProvider {
  const definition = providerDefinitions.find((candidate) => candidate.name === name);
  if (!definition) throw new Error(`no provider is called ${name}`);
  return definition.create(readVariables(definition.environment, env), {});
}

/** What arrives at a fake when texts go to these phones. */
async function ledgerOf(
  fake: FakeProvider,
  provider: SmsProvider,
  phones: readonly string[],
  senders = new OwnSenders([]),
) {
  for (const [index, phone] of phones.entries()) {
    const to = PhoneNumber.parse(phone);
    const sender = senders.pick(provider.name, { to, channel: 'sms' }) ?? undefined;
    const message = { to, body: 'Grüße & 100%', validForSecs: 540, ...(sender && { sender }) };
    const attemptId = `00000000-0000-4000-8000-00000000000${index}`;
    await provider.send({ ...message, attemptId }, AbortSignal.timeout(5_000));
  }
  if ('close' in provider) await (provider as { close(): Promise<void> }).close();
  await fake.close();
  expect(fake.faults).toEqual([]);
  return fake.ledger;
}

const PHONE = '+14155552671';

describe('what the environment says, on the wire', () => {
  it('sends from a Messaging Service, which wins over numbers', async () => {
    const fake = await FakeTwilio.start();
    const sid = `MG${'a'.repeat(32)}`;
    const numbers = { TWILIO_FROM_NUMBER: '+15005550006', TWILIO_FROM_NUMBERS: '+15005550006,+15005550016' };
    const env = { ...TWILIO, ...numbers, TWILIO_MESSAGING_SERVICE_SID: sid, TWILIO_BASE_URL: fake.url };
    const [text] = await ledgerOf(fake, make('twilio', env), [PHONE]);
    expect(text?.fields).toMatchObject({ MessagingServiceSid: sid, To: PHONE, ValidityPeriod: '540' });
    expect(text?.fields).not.toHaveProperty('From');
  });

  it('sends one phone its texts from the same number of a pool, and uses all numbers', async () => {
    const fake = await FakeTwilio.start();
    const pool = ['+15005550006', '+15005550016', '+15005550026'];
    const env = { ...TWILIO, TWILIO_FROM_NUMBERS: pool.join(','), TWILIO_BASE_URL: fake.url };
    const phones = Array.from({ length: 30 }, (_, index) => `+1415555${2600 + (index % 15)}`);
    const provider = make('twilio', env);
    const ledger = await ledgerOf(fake, provider, phones, new OwnSenders([provider]));
    const senders = new Map<string, Set<string | undefined>>();
    for (const { to, from } of ledger) senders.set(to, (senders.get(to) ?? new Set()).add(from));
    expect([...senders.values()].map((of) => of.size)).toEqual(Array(15).fill(1));
    expect(new Set(ledger.map(({ from }) => from))).toEqual(new Set(pool));
  });

  it('sends by Twilio under the name of a country, past a Messaging Service, and from the service elsewhere', async () => {
    const fake = await FakeTwilio.start();
    const sid = `MG${'a'.repeat(32)}`;
    const env = {
      ...TWILIO,
      TWILIO_MESSAGING_SERVICE_SID: sid,
      TWILIO_SENDER_IDS: 'GB:Acme',
      TWILIO_BASE_URL: fake.url,
    };
    const provider = make('twilio', env);
    const ledger = await ledgerOf(fake, provider, ['+447400123456', PHONE], new OwnSenders([provider]));
    expect(ledger.map(({ from, fields }) => [from, fields.MessagingServiceSid])).toEqual([
      ['Acme', undefined],
      [undefined, sid],
    ]);
  });

  it('sends by SNS under the name of a country, from a number at home, and under the one name elsewhere', async () => {
    const fake = await FakeSns.start();
    const env = {
      ...SNS,
      AWS_SNS_SENDER_IDS: 'GB:AcmeUK',
      AWS_SNS_ORIGINATION_NUMBERS: '+12065550100',
      AWS_SNS_SENDER_ID: 'Acme',
      AWS_SNS_ENDPOINT: fake.url,
    };
    const provider = make('aws-sns', env);
    const phones = ['+447400123456', PHONE, '+4915123456789'];
    const ledger = await ledgerOf(fake, provider, phones, new OwnSenders([provider]));
    expect(ledger.map(({ fields }) => fields)).toEqual([
      expect.objectContaining({ 'AWS.SNS.SMS.SenderID': 'AcmeUK' }),
      expect.objectContaining({ 'AWS.MM.SMS.OriginationNumber': '+12065550100' }),
      expect.objectContaining({ 'AWS.SNS.SMS.SenderID': 'Acme' }),
    ]);
    for (const { fields } of ledger) expect(Object.keys(fields)).toHaveLength(2);
  });

  it.each([
    ['Transactional', {}, { SMSType: 'Transactional' }],
    [
      'Promotional',
      { AWS_SNS_SMS_TYPE: 'Promotional', AWS_SNS_SENDER_ID: 'Sixdigit' },
      { SMSType: 'Promotional', SenderID: 'Sixdigit' },
    ],
  ])('sends by SNS as %s', async (_, more, attributes) => {
    const fake = await FakeSns.start();
    const [text] = await ledgerOf(fake, make('aws-sns', { ...SNS, ...more, AWS_SNS_ENDPOINT: fake.url }), [PHONE]);
    expect(text).toMatchObject({ to: PHONE, body: 'Grüße & 100%' });
    const said = Object.fromEntries(
      Object.entries(text?.fields ?? {}).filter(([name]) => name.startsWith('AWS.SNS.SMS.')),
    );
    expect(said).toEqual(
      Object.fromEntries(Object.entries(attributes).map(([name, value]) => [`AWS.SNS.SMS.${name}`, value])),
    );
  });

  it("sends through Kannel's own form, and takes our reference for the id where none is named", async () => {
    const fake = await FakeGateway.start();
    const env = {
      SMS_HTTP_METHOD: 'GET',
      SMS_HTTP_URL: `${fake.url}/cgi-bin/sendsms?username=u&password=p&to={to}&text={text}&charset=UTF-8&coding=2`,
      SMS_HTTP_SUCCESS_PATTERN: '^0: Accepted',
    };
    const provider = make('http', env);
    const message = { to: PhoneNumber.parse(PHONE), body: 'Grüße & 100%', attemptId: 'a-reference' };
    expect(await provider.send(message, AbortSignal.timeout(5_000))).toEqual({ providerMessageId: 'a-reference' });
    expect(await ledgerOf(fake, provider, [])).toMatchObject([{ to: PHONE, body: 'Grüße & 100%' }]);
  });

  it('knows a refusal by its pattern, although the status is 2xx', async () => {
    const fake = await FakeGateway.start();
    fake.behave({ kind: 'status', status: 200, body: '{"status":"rejected"}' });
    const provider = make('http', {
      SMS_HTTP_URL: `${fake.url}/sms`,
      SMS_HTTP_HEADERS: '{"Content-Type":"application/json","X-Api-Key":"gateway-key"}',
      SMS_HTTP_REFUSAL_PATTERN: '"rejected"',
    });
    const message = { to: PhoneNumber.parse(PHONE), body: 'Hello', attemptId: 'a-reference' };
    await expect(provider.send(message, AbortSignal.timeout(5_000))).rejects.toMatchObject({ fault: 'refused' });
    await ledgerOf(fake, provider, []);
  });
});
