// What one send costs by each adapter, in a process that does nothing else.
import { medians } from '../measure.mjs';
import { launch, programOf } from '../program.mjs';

const NAMES = { bare: 'undici POST alone', twilio: 'twilio', 'aws-sns': 'aws-sns', http: 'http gateway' };
const IN_FLIGHT = 32;

export async function adapters(bench) {
  const { rounds, seconds } = bench.options;
  const program = await launch(programOf('adapters.mjs'), { env: { PROVIDER_URL: bench.fake.url } });
  const seen = Object.fromEntries(Object.keys(NAMES).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round++) {
    for (const by of Object.keys(NAMES)) {
      const before = await bench.fake.ask('accepted');
      const result = await program.ask('send', { by, inFlight: IN_FLIGHT, seconds: Math.min(seconds, 2) });
      const texts = (await bench.fake.ask('accepted')) - before;
      if (texts !== result.count) throw new Error(`${by}: ${result.count} sends, but ${texts} texts`);
      if (round > 0) seen[by].push(result);
    }
  }
  await program.stop();
  bench.say('one send by each adapter');
  return Object.entries(NAMES).map(([name, who]) => ({
    what: 'one send',
    who,
    load: `${IN_FLIGHT} in flight`,
    ...medians(seen[name]),
  }));
}
