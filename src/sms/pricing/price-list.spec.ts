import { pricesFromCsv } from './csv-import.js';
import { dollars, micros } from './money.js';
import { PriceList } from './price-list.js';
import { Pricing } from './pricing.js';

const list = PriceList.parse(
  '{"comment": "ours", "default": 0.25, "twilio": {"US": 0.0083, "default": 0.2}, "aws-sns": {"US": 0.00645}}',
);

describe('PriceList', () => {
  it.each([
    ['twilio', 'US', 8_300],
    ['twilio', 'GB', 200_000],
    ['twilio', null, 200_000],
    ['aws-sns', 'US', 6_450],
    ['aws-sns', 'GB', 250_000],
    ['http', 'US', 250_000],
    ['mock', 'US', 0],
  ])('of %s in %s is %i', (provider, country, price) => {
    expect(list.perSegment(provider, country)).toBe(price);
  });

  it('counts what nobody has a price for as 30 cents', () => {
    expect(PriceList.parse('{}').perSegment('twilio', 'US')).toBe(300_000);
  });

  it.each([
    ['{\n"twilio": {\n"US": 0.1,\n}}', /^line 4: it is no JSON/],
    ['[]', /^line 1: it is no JSON object/],
    ['{\n"default": "30"}', /^line 2: the price of default is no number/],
    ['{\n"twilio": 0.1}', /^line 2: "twilio" has no prices by country/],
    ['{\n"Twilio!": {}}', /^line 2: "Twilio!" is no provider/],
    ['{"twilio": {\n"US": 0.1,\n"usa": 0.1}}', /^line 3: "usa" is no country.*capital letters/],
    [
      '{"twilio": {"US": 1},\n"aws-sns": {\n"US": -1}}',
      /^line 3: the price of aws-sns US is no number of dollars from 0/,
    ],
    ['{"twilio": {"US": 83}}', /^line 1: the price of twilio US/],
  ])('refuses %j and says where', (text, message) => {
    expect(() => PriceList.parse(text)).toThrow(message);
  });
});

describe('Pricing', () => {
  const budget = { prices: list, capMicros: 1_000_001, keptPercent: 20 };

  it('reserves for the two dearest that may both send, and twice for the only one', () => {
    expect(new Pricing(['twilio', 'aws-sns'], budget).worst(1, 'US')).toBe(8_300 + 6_450);
    expect(new Pricing(['twilio', 'aws-sns', 'http'], budget).worst(2, 'US')).toBe(2 * (250_000 + 8_300));
    expect(new Pricing(['twilio'], budget).worst(1, 'US')).toBe(16_600);
    expect(new Pricing(['twilio', 'aws-sns'], budget).worst(1, 'US', 1)).toBe(8_300);
  });

  it('asks for what each channel costs, once for all of its words, at who carries it', () => {
    const prices = PriceList.parse(
      '{"twilio": {"US": 0.01}, "twilio:whatsapp": {"US": 0.02}, "aws-sns": {"US": 0.005}}',
    );
    const twilio = { name: 'twilio', channels: ['sms', 'whatsapp', 'voice'] } as const;
    const pricing = new Pricing([twilio, 'aws-sns'], { prices, capMicros: 1, keptPercent: 0 });
    expect(pricing.price(3, 'US', 'twilio')).toBe(30_000);
    expect(pricing.price(3, 'US', 'twilio', 'whatsapp')).toBe(20_000);
    expect(pricing.price(3, 'US', 'twilio', 'voice')).toBe(300_000); // nobody has a price for it
    expect(pricing.worst(1, 'US', 2, 'whatsapp')).toBe(40_000);
    const plan = [{ channel: 'whatsapp', fallbackAfter: 20 }, { channel: 'sms' }] as const;
    expect(pricing.worstOf(1, 'US', plan)).toBe(40_000 + 15_000);
    expect(pricing.costOf(1, 'US', 'twilio', plan)).toMatchObject({ priceMicros: 20_000, reserveMicros: 55_000 });
    expect(() => PriceList.parse('{"twilio:fax": {}}')).toThrow(/no provider/);
  });

  it('keeps whole micros', () => {
    expect(new Pricing(['twilio'], budget).costOf(1, 'US', 'twilio').keptMicros).toBe(200_000);
    expect(micros(0.00645)).toBe(6_450);
    expect(micros(0.0000001)).toBe(1);
    expect(micros(0.0000014)).toBe(2);
    expect([dollars(50_000_000), dollars(8_300), dollars(-7_900)]).toEqual(['$50.00', '$0.0083', '-$0.0079']);
  });

  it('counts nothing without a budget, and nothing that is free', () => {
    expect(new Pricing(['twilio']).worst(3, 'US')).toBe(0);
    expect([new Pricing(['mock'], budget).isFree, new Pricing(['twilio'], budget).isFree]).toEqual([true, false]);
  });
});

describe('pricesFromCsv', () => {
  it("reads Twilio's columns, and takes the dearest network of a country", () => {
    const csv =
      'ISO,Country,Description,Price / msg\nGB,United Kingdom,"SMS, outbound - O2",0.0524\ngb,United Kingdom,Other,0.0554\n';
    expect(pricesFromCsv(csv)).toEqual({ prices: { GB: 0.0554 }, badLines: [] });
  });

  it("reads AWS's, whatever stands above, and names the lines that it cannot use", () => {
    const csv =
      '\uFEFFAmazon SNS worldwide\r\nCountry;ISO Country;Transactional Price (USD)\r\nFrance;FR;$0.0733\r\nNowhere;X;1\r\nSpain;ES;cheap\r\n';
    expect(pricesFromCsv(csv)).toEqual({
      prices: { FR: 0.0733 },
      badLines: [
        { line: 4, why: '"X" is no country of two letters' },
        { line: 5, why: 'its price is no number of dollars' },
      ],
    });
  });

  it('refuses what has no such columns', () => {
    expect(() => pricesFromCsv('a,b\n1,2')).toThrow(/No line names its columns/);
  });

  it('takes no column by guess', () => {
    const csv = 'ISO,Inbound SMS price,Monthly price,Price to make calls,Outbound SMS price\nGB,0.01,1,2,0.05\n';
    expect(pricesFromCsv(csv).prices).toEqual({ GB: 0.05 });
    const two = 'ISO,Promotional price,Transactional price\nGB,0.01,0.05\n';
    expect(() => pricesFromCsv(two)).toThrow(/^line 1: several.*"Promotional price", "Transactional price".*--column/);
    expect(pricesFromCsv(two, { column: 'transactional price' }).prices).toEqual({ GB: 0.05 });
    expect(() => pricesFromCsv(two, { column: 'Price' })).toThrow(/column "Price"/);
  });

  it.each([
    ['ISO,Price,Currency\nUS,0.01,USD\nGB,0.04,GBP\n', /^line 3: its currency is GBP/],
    ['ISO,Price (EUR)\nUS,0.01\n', /^line 1: "Price \(EUR\)" is not in dollars/],
    ['ISO,Price\nUS,0.01\nGB,0\n', /^line 3: the price of GB is 0.*--free/],
  ])('refuses %j', (csv, message) => expect(() => pricesFromCsv(csv)).toThrow(message));

  it('takes a price of 0 that is meant, and one beside a dearer network', () => {
    expect(pricesFromCsv('ISO,Price\nGB,0\n', { free: true }).prices).toEqual({ GB: 0 });
    expect(pricesFromCsv('ISO,Price\nGB,0\nGB,0.04\n').prices).toEqual({ GB: 0.04 });
  });

  it('reads decimal commas, and separates as the header does', () => {
    const csv = 'ISO;Land;Price\nFR;"France, la";0,0733\nDE;Germany, all;0,08\n';
    expect(pricesFromCsv(csv)).toEqual({ prices: { FR: 0.0733, DE: 0.08 }, badLines: [] });
  });

  it('names countries that are none', () => {
    expect(pricesFromCsv('ISO,Price\nUK,0.04\nXX,1\nGB,0.05\n')).toEqual({
      prices: { GB: 0.05 },
      badLines: [
        { line: 2, why: '"UK" is no country with numbers (ISO 3166-1); GB is' },
        { line: 3, why: '"XX" is no country with numbers (ISO 3166-1)' },
      ],
    });
  });
});
