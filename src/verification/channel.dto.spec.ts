import { faultInPlan } from './channel.dto.js';

const WHATSAPP = { channel: 'whatsapp', fallbackAfter: 20 };
const SMS = { channel: 'sms' };

describe('a plan of channels', () => {
  it.each([
    [[SMS]],
    [[WHATSAPP, SMS]],
    [[WHATSAPP, { ...SMS, fallbackAfter: 300 }, { channel: 'voice' }]],
    [[{ channel: 'voice', fallbackAfter: 5 }]],
  ])('is right: %j', (plan) => expect(faultInPlan(plan)).toBeUndefined());

  it.each([
    [undefined, /list of 1 to 3/],
    [null, /list of 1 to 3/],
    ['sms', /list of 1 to 3/],
    [{ 0: SMS, length: 1 }, /list of 1 to 3/],
    [[], /list of 1 to 3/],
    [[WHATSAPP, { ...SMS, fallbackAfter: 9 }, { channel: 'voice', fallbackAfter: 9 }, SMS], /list of 1 to 3/],
    [['sms'], /must be like/],
    [[null], /must be like/],
    [[[SMS]], /must be like/],
    [[{ ...SMS, to: '+14155552671' }], /must be like/],
    [[{}], /one of "sms", "whatsapp", "voice"/],
    [[{ channel: 'fax' }], /one of "sms", "whatsapp", "voice"/],
    [[{ channel: ['sms'] }], /one of/],
    [[WHATSAPP, { channel: 'whatsapp' }], /different/],
    [[SMS, { channel: 'voice' }], /needs fallbackAfter/],
    [[{ ...SMS, fallbackAfter: 4 }, WHATSAPP], /from 5 to 300/],
    [[{ ...SMS, fallbackAfter: 301 }, WHATSAPP], /from 5 to 300/],
    [[{ ...SMS, fallbackAfter: 5.5 }, WHATSAPP], /from 5 to 300/],
    [[{ ...SMS, fallbackAfter: '20' }, WHATSAPP], /from 5 to 300/],
    [[{ ...SMS, fallbackAfter: null }], /from 5 to 300/],
    [[{ ...SMS, fallbackAfter: Number.NaN }], /from 5 to 300/],
  ])('is not: %j', (plan, fault) => expect(faultInPlan(plan)).toMatch(fault));
});
