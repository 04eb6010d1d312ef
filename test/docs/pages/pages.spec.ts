import { commandsOf, stepsOf } from './blocks.js';
import { difference, learned } from './shape.js';

const faultsOf = (markdown: string) =>
  stepsOf('docs/x.md', markdown).flatMap((step) => (step.kind === 'fault' ? step.text : []));

describe('what a page shows', () => {
  it.each([
    ['{"id":"0b6f…","left":5}', '{"id":"9c976f7f","left":4}', true],
    ['{"status":"ok"}', '{"status":"down"}', false],
    ['{"status":"ok"}', '{"status":"ok","more":1}', false],
    ['{"status":"ok",…}', '{"status":"ok","more":1}', true],
    ['{"items":[{"n":1}]}', '{"items":[]}', false],
    ['sent 20 of 2000 at 35/s', 'sent 3 of 40 at 9.3/s', true],
    ['sent 20 of 2000', 'lost 20 of 2000', false],
    ['first\n…\nlast', 'first\nsecond\nthird\nlast', true],
    ['first\nlast', 'first\nsecond\nlast', false],
    ['first', 'first\nsecond', false],
  ])('%j is like %j: %s', (shown, actual, alike) => {
    expect(difference(shown, actual) === undefined).toBe(alike);
  });

  it('teaches what ids are here', () => {
    expect([...learned('{"id":"0b6f…","testCode":"568209"}', '{"id":"9c97","testCode":"123456"}')]).toEqual([
      ['0b6f…', '9c97'],
      ['568209', '123456'],
    ]);
  });
});

describe('a page', () => {
  it('may not hide a command from the test', () => {
    expect(faultsOf('Text:\n\n    npm run cli -- keys list\n')).toEqual([expect.stringContaining('only indented')]);
    expect(faultsOf('```\ncurl -s localhost:3000\n```\n')).toEqual([expect.stringContaining('no language')]);
    expect(faultsOf('```sh norun:\nls\n```\n')).toEqual([expect.stringContaining('without a reason')]);
    expect(faultsOf('```sh sometimes\nls\n```\n')).toEqual([expect.stringContaining('"sometimes"')]);
    expect(faultsOf('<!-- test: perhaps -->\n')).toHaveLength(1);
    expect(faultsOf('Text:\n\n    {"json": true}\n\n```sh\nls\n```\n')).toEqual([]);
  });

  it('has commands of several lines, and what each prints', () => {
    expect(commandsOf('$ curl -s x \\\n    -d y\n{"a":1}\n\n$ ls\n')).toEqual([
      { text: 'curl -s x \\\n    -d y\n', output: '{"a":1}' },
      { text: 'ls\n', output: '' },
    ]);
  });
});
