// Makes the requests, in a process of its own so that its work is not taken for the server's.
import { Client, request } from 'undici';

import { answer } from '../channel.mjs';
import { phoneOf, shapes } from '../shapes.mjs';

/** Phones are never used twice, by whatever contender. */
let phones = 0;
/** What the last starts opened: {id, code}. */
let opened = [];

/** One request on one connection: resolves with status and text. */
function exchange(client, { path, body, headers: own }, headers) {
  return new Promise((resolve, reject) => {
    let status;
    let text = '';
    client.dispatch(
      { path, method: 'POST', headers: own ? { ...headers, ...own } : headers, body },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_, code) => (status = code),
        onResponseData: (_, chunk) => (text += chunk.toString('latin1')),
        onResponseEnd: () => resolve({ status, text }),
        onResponseError: (_, error) => reject(error),
      },
    );
  });
}

function summary(latencies, seconds, unexpected) {
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return { count: latencies.length, perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99), unexpected };
}

/** As many requests as `connections` make one after the other until time is up or `next()` has none left. */
async function closedLoop({ origin, connections, seconds, headers }, next, expected, each) {
  const latencies = [];
  const unexpected = {};
  const begun = performance.now();
  const until = begun + seconds * 1_000;
  const work = async () => {
    const client = new Client(origin, { pipelining: 1 });
    for (let job = next(); job && performance.now() < until; job = next()) {
      const at = performance.now();
      const { status, text } = await exchange(client, job, headers).catch((error) => ({ status: error.message }));
      latencies.push(performance.now() - at);
      if (status === expected || status === job.expected) each?.(job, status, text);
      else unexpected[status] = (unexpected[status] ?? 0) + 1;
    }
    await client.close();
  };
  await Promise.all(Array.from({ length: connections }, work));
  return summary(latencies, (performance.now() - begun) / 1_000, unexpected);
}

/** Starts for new phones; with `hot`, every hundredth is for that phone, which has used its limits up. */
answer('start', async (job) => {
  const shape = shapes[job.shape];
  const answers = [];
  let made = 0;
  const next = () => {
    if (job.hot && ++made % 100 === 0) return { ...shape.start(job.hot), expected: 429 };
    const phone = phoneOf(phones++);
    return { ...shape.start(phone), phone };
  };
  const result = await closedLoop(
    { ...job, headers: shape.headers },
    next,
    shape.status.start,
    (sent, status, text) => {
      if (status === shape.status.start) answers.push({ phone: sent.phone, text });
    },
  );
  opened = answers.map(({ phone, text }) => ({ phone, id: shape.idOf(text, phone) }));
  return { ...result, taken: answers.length };
});

/** Looks the codes of what was opened up at the fake; `keep` only as many of the newest. */
answer('codes', async ({ fake, keep = Infinity }) => {
  const codes = await (await request(`${fake}/_codes`)).body.json();
  opened = opened.slice(-keep).map(({ phone, id }) => ({ id, code: codes[phone] }));
  return opened.map(({ id }) => id);
});

/** What is given, each once. */
answer('posts', (job) => {
  let n = 0;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return closedLoop({ ...job, seconds: Infinity, headers }, () => job.jobs[n++], job.status);
});

const wrongFor = (code) => (code === '000000' ? '000001' : '000000');

/** Four wrong codes for each of what was opened. */
answer('wrong', (job) => {
  const shape = shapes[job.shape];
  let n = 0;
  const next = () => {
    const one = opened[n % opened.length];
    return n++ < opened.length * 4 ? shape.check(one.id, wrongFor(one.code)) : undefined;
  };
  return closedLoop({ ...job, headers: shape.headers }, next, shape.status.wrong);
});

/** The right code for each. */
answer('right', async (job) => {
  const shape = shapes[job.shape];
  let n = 0;
  let approved = 0;
  const next = () => (n < opened.length ? shape.check(opened[n].id, opened[n++].code) : undefined);
  const result = await closedLoop({ ...job, headers: shape.headers }, next, shape.status.right, (_, __, text) => {
    if (shape.saysRight(text)) approved++;
  });
  return { ...result, approved };
});

/** `perSecond` starts whether or not earlier ones were answered. @returns when each was due (ms since 1970) and took */
answer('openLoop', async ({ origin, shape: name, perSecond, seconds }) => {
  const shape = shapes[name];
  const clients = [];
  const connect = () => clients[clients.push(new Client(origin, { pipelining: 1 })) - 1];
  const free = [];
  const sent = [];
  const begun = Date.now();
  for (let n = 0; n < perSecond * seconds; n++) {
    const due = begun + (n * 1_000) / perSecond;
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    const connection = free.pop() ?? connect();
    sent.push(
      exchange(connection, shape.start(phoneOf(phones++)), shape.headers)
        .catch((error) => ({ status: error.message }))
        .then(({ status }) => {
          free.push(connection);
          return { due, ms: Date.now() - due, status };
        }),
    );
  }
  const answers = await Promise.all(sent);
  await Promise.all(clients.map((each) => each.close()));
  return answers;
});

console.log('The load is ready at http://localhost ');
setInterval(() => undefined, 60_000);
