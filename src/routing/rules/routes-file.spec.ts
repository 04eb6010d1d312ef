import type { SmsProvider } from '../../sms/index.js';
import { RuleBook } from './rule-book.js';
import { readRule, type RuleFault } from './route-rule.js';
import { parseRoutes } from './routes-file.js';

const names = ['twilio', 'aws-sns', 'http'];
const providers = [
  { name: 'twilio', channels: ['sms', 'voice'] },
  { name: 'aws-sns' },
  { name: 'http' },
] as unknown as SmsProvider[];

describe('a rule', () => {
  it.each([
    [{ country: 'usa', providers: ['twilio'] }, ['country']],
    [{ country: 'ZZ', learn: true }, ['country']],
    [{ providers: ['twilio', 'nexmo', 'twilio'] }, ['providers', 'providers']],
    [{ exclude: ['twilio', 'aws-sns', 'http'] }, ['exclude']],
    [{ country: 'US' }, [undefined]],
    [{ providers: ['twilio'], exclude: ['http'] }, [undefined]],
    [{ channel: 'whatsapp', providers: ['twilio'] }, ['providers']],
    [{ channel: 'voice', exclude: ['twilio'] }, ['exclude']],
    [{ network: '31', learn: true, channel: 'pigeon' }, ['network', 'channel']],
    [{ providers: [] }, ['providers']],
    [{ providers: 'twilio' }, ['providers']],
    [{ learn: false }, ['learn']],
    [{ learn: true, weight: 2 }, ['weight']],
    ['twilio', [undefined]],
    [null, [undefined]],
  ])('such as %j is refused with every reason', (asked, members) => {
    const faults = readRule(asked, { names, providers }, 'tests');
    expect((faults as readonly RuleFault[]).map(({ member }) => member)).toEqual(members);
  });

  it.each([
    { providers: ['aws-sns', 'twilio', 'http'] },
    { country: '*', exclude: ['aws-sns'] },
    { country: 'DE', network: '262-01', channel: 'sms', learn: true },
    { channel: 'voice', providers: ['twilio', 'http'] },
  ])('such as %j is one', (asked) => {
    expect(readRule(asked, { names, providers }, 'tests')).toHaveProperty('act');
  });

  it('repeats nothing that may be a phone', () => {
    const faults = readRule({ providers: ['+14155552671'], '4155552671': 1 }, { names, providers }, 'tests');
    expect(JSON.stringify(faults)).not.toMatch(/"4155552671 is|\+1415/);
    expect(JSON.stringify((faults as readonly RuleFault[]).map(({ problem }) => problem))).not.toContain('4155');
  });
});

describe('a file of routes', () => {
  it('is read', () => {
    const { rules, faults } = parseRoutes(
      '{"comment": "ours", "routes": [{"country": "US", "providers": ["aws-sns", "twilio"], "comment": "cheaper"}, {"learn": true}]}',
      { names },
    );
    expect(faults).toEqual([]);
    expect(rules).toEqual([
      { country: 'US', act: { kind: 'providers', providers: ['aws-sns', 'twilio'] }, by: 'file' },
      { act: { kind: 'learn' }, by: 'file' },
    ]);
  });

  it('is refused with all that is wrong, and where', () => {
    const text = `{
  "rutes": 1,
  "routes": [
    {"country": "US", "comment": "a [tricky] { one, \\" ]", "providers": ["twilio"]},
    {
      "country": "Germany",
      "providers": ["nexmo"]
    },
    {"country": "US",
     "learn": true},
    7,
    {"country": "GB",
     "exclude": ["http", "twilio", "aws-sns"]}
  ]
}`;
    expect(parseRoutes(text, { names }).faults.map(({ problem }) => problem)).toEqual([
      'line 2: "rutes" is not known.',
      'line 6: country is none.',
      'line 7: "nexmo" in providers is no provider that is configured.',
      'line 9: there is a rule for these texts already.',
      'line 11: it is no rule.',
      'line 13: nobody would be left to carry the texts there.',
    ]);
  });

  it.each([
    ['{"routes": [\n{,}]}', /^line 2: it is no JSON/],
    ['{"routes": {}}', /^line 1: there is no list/],
    ['[]', /^line 1: there is no list/],
    ['null', /^line 1: there is no list/],
  ])('%j is none', (text, problem) => {
    expect(parseRoutes(text, { names }).faults[0]?.problem).toMatch(problem);
  });
});

it('the narrowest rule decides: by network, then by country, then by channel', () => {
  const rule = (match: object, name: string) =>
    ({ ...match, act: { kind: 'providers', providers: [name] }, by: 'x' }) as const;
  const book = new RuleBook([
    rule({}, 'any'),
    rule({ channel: 'sms' }, 'sms'),
    rule({ country: 'US' }, 'us'),
    rule({ country: 'US', channel: 'voice' }, 'us voice'),
    rule({ network: '310' }, 'mcc'),
    rule({ network: '310-260', country: 'US' }, 'network'),
  ]);
  const who = (country: string, channel = 'sms', network = '') => {
    const act = book.find({ country, channel, network })?.act;
    return act?.kind === 'providers' ? act.providers[0] : undefined;
  };
  expect([who('GB'), who('GB', 'voice'), who('US'), who('US', 'voice')]).toEqual(['sms', 'any', 'us', 'us voice']);
  expect([who('US', 'sms', '310-410'), who('US', 'voice', '310-260'), who('GB', 'sms', '310-260')]).toEqual([
    'mcc',
    'network',
    'mcc',
  ]);
});
