// node --import: holds a request, or the outbox at work on its message, at a named point for ever, so that kill -9 finds it
// exactly there; one kill ends as many as are held. A request names its point in the header `x-failpoint`:
//
//   before STATEMENT, after STATEMENT    STATEMENT is the name of one of the program's statements; after: it was answered
//   before POST, after POST              after: the provider answered, and nobody has seen it yet
//   after POST 2                         the second time that it gets there
//   outbox: before POST                  not in the request: when the outbox is at work on the message of the request
//   together: before STATEMENT           when the statement is about several requests at once; else requests that name a point share none
//
// Whatever is held says so on stdout: `held: POINT`. While messages are to be held in the outbox, it claims nothing before a
// request says `x-failpoint: outbox: go`, so that all of them are claimed at once.
import { AsyncLocalStorage } from 'node:async_hooks';
import { Server } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const dist = (path) => import(new URL(`../../../dist/${path}`, import.meta.url));
const { EmbeddedDatabase } = await dist('prisma/embedded-database.js');
const { PostgresDatabase } = await dist('prisma/postgres-database.js');
const { Together } = await dist('prisma/together.js');
const { HttpClient } = await dist('sms/provider/http-client.js');

const OUTBOX = 'outbox: ';
const TOGETHER = 'together: ';
/** Where the work at hand is to be held, and how often it may still pass there. */
const work = new AsyncLocalStorage();
/** By message. */
const inOutbox = new Map();
let mayClaim = false;

function readPoint(text) {
  const [, point, times] = /^(.*?)(?: (\d+))?$/.exec(text);
  return { text, point, passes: Number(times ?? 1) - 1 };
}

function say({ text }) {
  process.stdout.write(`held: ${text}\n`);
}

async function reach(point) {
  const plan = work.getStore();
  if (plan?.point !== point || plan.passes-- > 0) return;
  say(plan);
  await new Promise(() => undefined);
}

const { emit } = Server.prototype;
Server.prototype.emit = function (event, ...args) {
  const point = event === 'request' ? args[0].headers['x-failpoint'] : undefined;
  if (point === `${OUTBOX}go`) mayClaim = true;
  return work.run(point && readPoint(point), () => emit.call(this, event, ...args));
};

/** What a statement is asked about, where that may be several at once. */
function itemsIn({ order = [] }, values) {
  const index = order.findIndex((name) => ['starts', 'guesses', 'receipts'].includes(name));
  return index < 0 ? [] : JSON.parse(values[index]);
}

/** The message of a request that names a point in the outbox. */
function remember({ name }, items) {
  const plan = work.getStore();
  if (name !== 'start_verification' || !plan?.point.startsWith(OUTBOX)) return;
  inOutbox.set(items[0].message_id, { ...plan, point: plan.point.slice(OUTBOX.length) });
}

function claimed(rows) {
  return rows.filter(({ id }) => {
    const plan = inOutbox.get(id);
    if (plan?.point !== 'after claim_messages') return true;
    say(plan);
    return false; // its deliverer never sees it, the others' do
  });
}

for (const { prototype } of [EmbeddedDatabase, PostgresDatabase]) {
  const { query } = prototype;
  prototype.query = function (statement, values) {
    const { name } = statement;
    const items = itemsIn(statement, values);
    remember(statement, items);
    if (name === 'claim_messages' && inOutbox.size > 0 && !mayClaim) return Promise.resolve([]);
    // From here on the outbox is at work on this message; not in an async function, or its caller would not be in it.
    if (name === 'begin_attempt') work.enterWith(inOutbox.get(values[0]));
    return (async () => {
      const isTogether = items.length > 1;
      // One alone takes its time, so that others come meanwhile.
      if (items.length === 1 && work.getStore()?.point.startsWith(TOGETHER)) await sleep(100);
      await reach(isTogether ? `${TOGETHER}before ${name}` : `before ${name}`);
      const rows = await query.call(this, statement, values);
      await reach(isTogether ? `${TOGETHER}after ${name}` : `after ${name}`);
      return name === 'claim_messages' ? claimed(rows) : rows;
    })();
  };
}

const { about } = Together.prototype;
Together.prototype.about = function (item) {
  const plan = work.getStore();
  if (!plan || plan.point.startsWith(TOGETHER)) return about.call(this, item);
  return this.ask([item]).then(([row]) => row);
};

const { request } = HttpClient.prototype;
HttpClient.prototype.request = async function (what) {
  await reach('before POST');
  const answer = await request.call(this, what);
  await reach('after POST');
  return answer;
};
