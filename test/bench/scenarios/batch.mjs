// A batch: how fast rows come in, how fast they leave, what memory that takes, and what those who ask for a code notice of it. Idle
// and busy take turns, so that what else the machine does meets both.
import { request } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import { contenders } from '../contenders.mjs';
import { median } from '../measure.mjs';
import { API_KEY, phoneOf } from '../shapes.mjs';

/** Phones from the end of the list, which no start has used. */
const FIRST_PHONE = 40_000_000;
const CODES_A_SECOND = 50;
const PATIENCE_MS = 300_000;
const PATH = '/v1/messages/batch';
const authorization = `Bearer ${API_KEY}`;

let phones = FIRST_PHONE;

/** As fast as they are taken. @returns what was answered, and how long it took */
async function upload(url, count, query) {
  const begun = performance.now();
  const answer = await new Promise((resolve, reject) => {
    const headers = { authorization, 'content-type': 'application/x-ndjson' };
    const call = request(`${url}${PATH}?${query}`, { method: 'POST', headers }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode, body: JSON.parse(text) }));
    }).on('error', reject);
    let n = 0;
    const write = () => {
      while (n < count) {
        const row = {
          ref: `r${n++}`,
          to: phoneOf(phones++),
          body: `Your parcel ${n} comes today between two and four.`,
        };
        if (!call.write(`${JSON.stringify(row)}\n`)) return void call.once('drain', write);
      }
      call.end();
    };
    write();
  });
  if (answer.status !== 201 || answer.body.taken !== count)
    throw new Error(`upload: ${JSON.stringify(answer).slice(0, 400)}`);
  return { id: answer.body.id, ms: performance.now() - begun };
}

const act = async (url, id, what) => {
  const response = await fetch(`${url}${PATH}/${id}/${what}`, { method: 'POST', headers: { authorization } });
  if (!response.ok) throw new Error(`${what}: ${await response.text()}`);
};

function percentiles(answers, complain, during) {
  const odd = answers.filter(({ status }) => status !== 201).length;
  if (odd > 0) complain(`${odd} of ${answers.length} starts ${during} were not answered well`);
  const sorted = answers.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}

export async function batch(bench) {
  const { rounds, seconds, batchRows } = bench.options;
  const { fake, load } = bench;
  const env = { SMS_PACE_PER_PROVIDER: 'twilio:10000', SMS_LOG_LEVEL: 'info' };
  const { program } = await contenders.sixdigit(fake, { env });
  const codes = { origin: program.url, shape: 'sixdigit', perSecond: CODES_A_SECOND, seconds: seconds * 3 };
  await load.ask('openLoop', codes);
  await upload(program.url, 2_000, 'hold=true');

  const before = await program.ask('probe');
  const taken = await upload(program.url, batchRows, 'hold=true&rate=10000');
  const after = await program.ask('probe');
  const into = (batchRows * 1_000) / taken.ms;
  bench.say(
    `${batchRows} rows in at ${Math.round(into)} a second; memory ${Math.round(before.rssMb)} MB before, ${Math.round(after.rssMb)} MB after, ${Math.round(after.peakMb)} MB at most`,
  );

  const [accepted, used] = [await fake.ask('accepted'), await program.ask('probe')];
  await act(program.url, taken.id, 'resume');
  const begun = performance.now();
  const alone = Math.min(batchRows / 4, 10_000);
  for (let sent = 0; sent < alone; sent = (await fake.ask('accepted')) - accepted) {
    await wait(20);
    if (performance.now() - begun > PATIENCE_MS) throw new Error(`only ${sent} of ${alone} were sent`);
  }
  const texts = (await fake.ask('accepted')) - accepted;
  const out = (texts * 1_000) / (performance.now() - begun);
  const cpuOut = ((await program.ask('probe')).cpuMs - used.cpuMs) / texts;
  bench.say(`out at ${Math.round(out)} a second, with nobody else there`);

  const seen = { idle: [], busy: [], rows: [] };
  const rates = [];
  for (let round = 0; round < rounds; round++) {
    await act(program.url, taken.id, 'pause');
    await wait(1_500);
    seen.idle.push(percentiles(await load.ask('openLoop', codes), bench.complain, 'while nothing else is done'));
    await act(program.url, taken.id, 'resume');
    await wait(300);
    const [from, at] = [await fake.ask('accepted'), performance.now()];
    const answers = await load.ask('openLoop', codes);
    const others = (await fake.ask('accepted')) - from - answers.length;
    rates.push((others * 1_000) / (performance.now() - at));
    seen.busy.push(percentiles(answers, bench.complain, 'while a batch is sent'));
    await act(program.url, taken.id, 'pause');
    await wait(1_500);
    const [asked] = await Promise.all([
      load.ask('openLoop', codes),
      upload(program.url, Math.min(batchRows / 10, 5_000), 'hold=true'),
    ]);
    seen.rows.push(percentiles(asked, bench.complain, 'while rows come in'));
    const p99 = (name) => seen[name].at(-1).p99.toFixed(1);
    bench.say(
      `round ${round + 1}: p99 of a start ${p99('idle')} ms idle, ${p99('busy')} ms beside ${Math.round(rates.at(-1))} texts a second, ${p99('rows')} ms beside rows`,
    );
  }
  await act(program.url, taken.id, 'cancel');
  await program.stop();
  const of = (name) => ({
    p50: median(seen[name].map(({ p50 }) => p50)),
    p99: median(seen[name].map(({ p99 }) => p99)),
  });
  const who = 'Sixdigit';
  const start = `${CODES_A_SECOND} a second`;
  return [
    {
      what: 'batch, rows in',
      who,
      load: `${batchRows} rows`,
      perSecond: into,
      cpuMs: (after.cpuMs - before.cpuMs) / batchRows,
      rssMb: after.rssMb,
      peakMb: after.peakMb,
    },
    { what: 'batch, texts out', who, load: 'alone', perSecond: out, cpuMs: cpuOut },
    { what: 'batch, texts out', who, load: `beside ${start}`, perSecond: median(rates) },
    { what: 'start, idle', who, load: start, ...of('idle') },
    { what: 'start, beside a batch', who, load: start, ...of('busy') },
    { what: 'start, beside rows coming in', who, load: start, ...of('rows') },
  ];
}
