// The cost of a dead primary: 100 starts a second whatever happens, both providers at 50 ms, and after 3 seconds the primary
// (Twilio) answers 500, or nothing. How long until it is out of the rotation, and what people wait before and after.
import { setTimeout as wait } from 'node:timers/promises';

import { contenders } from '../contenders.mjs';
import { launch, programOf } from '../program.mjs';

const PER_SECOND = 100;
const GOOD_SECONDS = 3;
const LATENCY_MS = 50;

async function broken(bench, mode, badSeconds) {
  const [primary, backup] = [
    await launch(programOf('fake-provider.mjs')),
    await launch(programOf('fake-provider.mjs')),
  ];
  for (const fake of [primary, backup]) await fake.ask('behave', { latencyMs: LATENCY_MS });
  const sns = {
    AWS_SNS_ACCESS_KEY_ID: 'AKIAFAKE00000000',
    AWS_SNS_SECRET_ACCESS_KEY: 'fake',
    AWS_SNS_ENDPOINT: backup.url,
  };
  const { program } = await contenders.sixdigit(primary, { env: sns });
  const origin = program.url;
  const job = { origin, shape: 'sixdigit', perSecond: PER_SECOND };
  await bench.load.ask('openLoop', { ...job, seconds: 1 }); // warm
  const running = bench.load.ask('openLoop', { ...job, seconds: GOOD_SECONDS + badSeconds });
  await wait(GOOD_SECONDS * 1_000);
  const brokeAt = await primary.ask('behave', { mode });
  const answers = await running;
  const left = program
    .log()
    .split('\n')
    .find((line) => line.includes('twilio left the rotation'));
  if (!left) throw new Error(`the primary did not leave the rotation:\n${program.log().slice(-2_000)}`);
  const leftAt = Date.parse(JSON.parse(left).time);
  const texts = (await primary.ask('accepted')) + (await backup.ask('accepted')) - PER_SECOND;
  await Promise.all([program, primary, backup].map((each) => each.stop()));
  return { answers, brokeAt, leftAt, texts };
}

function row(what, load, answers) {
  const times = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share) => times[Math.min(times.length - 1, Math.floor(times.length * share))];
  return { what, who: 'Sixdigit', load, p50: at(0.5), p99: at(0.99) };
}

export async function failover(bench) {
  const rows = [];
  for (const [mode, name, badSeconds] of [
    ['error', 'answers 500', 4],
    ['hang', 'answers nothing', 8],
  ]) {
    const { answers, brokeAt, leftAt, texts } = await broken(bench, mode, badSeconds);
    const others = answers.map(({ status }) => status).filter((status) => status !== 201);
    if (others.length > 0)
      bench.complain(`primary ${name}: ${others.length} starts got ${[...new Set(others)].join(', ')}`);
    if (texts < answers.length - others.length) throw new Error(`${answers.length} starts, but ${texts} texts`);
    const load = `${PER_SECOND} a second`;
    const outAfterMs = leftAt - brokeAt;
    const during = ({ due }) => due > brokeAt - 2 * LATENCY_MS && due <= leftAt;
    rows.push(
      row(
        `primary ${name}: before`,
        load,
        answers.filter(({ due }) => due <= brokeAt - 2 * LATENCY_MS),
      ),
      {
        ...row(`primary ${name}: until out of the rotation, after ${outAfterMs} ms`, load, answers.filter(during)),
        outAfterMs,
      },
      row(
        `primary ${name}: from then on`,
        load,
        answers.filter(({ due }) => due > leftAt),
      ),
    );
    bench.say(`primary ${name}: out of the rotation after ${outAfterMs} ms, ${texts - answers.length} texts twice`);
  }
  return rows;
}
