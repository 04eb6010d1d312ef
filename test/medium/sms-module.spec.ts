import { Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';

import { MockProvider, SmsModule, SmsService, TwilioProvider } from '../../src/sms/index.js';
import { FakeTwilio } from '../support/index.js';

/** What another team would write. */
@Injectable()
class OrderNotices {
  constructor(private readonly sms: SmsService) {}

  shipped(phone: string, order: string) {
    return this.sms.send({ to: phone, body: `Order ${order} is on its way.` });
  }
}

@Injectable()
class TheirSettings {
  readonly twilio = { accountSid: `AC${'0'.repeat(32)}`, authToken: 'test-token', from: '+15005550006' };
}

@Module({ providers: [TheirSettings], exports: [TheirSettings] })
class TheirSettingsModule {}

@Module({ providers: [OrderNotices] })
class OrdersModule {}

describe('SmsModule in somebody else’s program', () => {
  it('sends through SmsService, with options from anywhere', async () => {
    const twilio = await FakeTwilio.start();
    const sms = SmsModule.forRootAsync({
      imports: [TheirSettingsModule],
      inject: [TheirSettings],
      useFactory: ({ twilio: { accountSid, authToken, from } }: TheirSettings) => ({
        providers: [new TwilioProvider({ accountSid, authToken, sender: { from }, baseUrl: twilio.url })],
      }),
    });
    const module = await Test.createTestingModule({ imports: [sms, OrdersModule] }).compile();
    const dispatch = await module.get(OrderNotices).shipped('(415) 555-2671', 'A-17');
    expect(dispatch).toMatchObject({
      status: 'accepted',
      attempts: [{ provider: 'twilio', providerMessageId: twilio.ledger[0]?.id }],
    });
    expect(twilio.ledger).toMatchObject([{ to: '+14155552671', body: 'Order A-17 is on its way.' }]);
    await module.close();
    await twilio.close();
  });

  it('is constructed without credentials and without a network', async () => {
    const module = await Test.createTestingModule({ imports: [SmsModule.forRoot({ providers: [] })] }).compile();
    await module.init();
    expect(await module.get(SmsService).send({ to: '+14155552671', body: 'Hello' })).toEqual({
      status: 'not_sent',
      attempts: [],
    });
    await module.close();
  });

  describe('refuses before any provider is asked', () => {
    const mock = new MockProvider();
    const service = async (disabledReason?: string) =>
      (
        await Test.createTestingModule({
          imports: [SmsModule.forRoot({ providers: [mock], disabledReason })],
        }).compile()
      ).get(SmsService);

    it.each([
      ['a text of 1601 characters', { to: '+14155552671', body: 'x'.repeat(1_601) }, 'MESSAGE_TOO_LONG'],
      ['an empty text', { to: '+14155552671', body: ' \n' }, 'INVALID_REQUEST'],
      ['what is no phone number', { to: '555', body: 'Hello' }, 'INVALID_PHONE_FORMAT'],
    ])('%s', async (_, request, code) => {
      await expect((await service()).send(request)).rejects.toMatchObject({ code });
      expect(mock.sent).toHaveLength(0);
    });

    it('everything, when it is disabled', async () => {
      const disabled = await service('maintenance');
      await expect(disabled.send({ to: '+14155552671', body: 'Hello' })).rejects.toMatchObject({
        code: 'SMS_DISABLED',
      });
    });

    it('nothing of 1600 characters', async () => {
      expect(await (await service()).send({ to: '+14155552671', body: 'x'.repeat(1_600) })).toMatchObject({
        status: 'accepted',
      });
    });
  });
});
