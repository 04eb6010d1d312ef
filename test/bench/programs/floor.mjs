// The floor: what the two hot paths cost when nothing but them is written, by hand: Fastify, pg and undici, the same SQL
// functions in the same two statements, the same POST, the same proof. No framework, no rotation, no logs, no problem documents.
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  generateKeyPairSync,
  randomBytes,
} from 'node:crypto';
import { randomUUID, sign, timingSafeEqual } from 'node:crypto';

import Fastify from 'fastify';
import pg from 'pg';
import { Pool } from 'undici';

import { ACCEPT } from '../../../dist/sms/outbox/receipt.sql.js';
import { recordsIn } from '../../../dist/prisma/records.js';
import { APPROVE, COUNT_GUESS } from '../../../dist/verification/guess.sql.js';
import { START } from '../../../dist/verification/start.sql.js';
import { API_KEY } from '../shapes.mjs';

const account = `AC${'0'.repeat(32)}`;
const [lookupKey, sealKey, codeKey] = [randomBytes(32), randomBytes(32), randomBytes(32)];
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const twilio = { authorization: `Basic ${Buffer.from(`${account}:token`).toString('base64')}` };
const quotas = [5, 20];
const secs = [3_600, 86_400];

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 8 });
const provider = new Pool(process.env.PROVIDER_URL, { connections: 1_024, pipelining: 1 });

const run = ({ name, text, order }, given) => database.query({ name, text, values: order.map((key) => given[key]) });

/** As FRAUD_MODE=record measures a start. */
function gateOf(phone) {
  const keys = ['cc', -6, -4, -3, -2].map((end) =>
    createHmac('sha256', lookupKey)
      .update(`prefix ${end} ${phone.slice(0, end === 'cc' ? 2 : end)}`)
      .digest()
      .subarray(0, 16),
  );
  return {
    ...{ prefix_keys: keys, send_micros: 0, destination: 'US', knows: true, line_type: null, fraud_mode: 'record' },
  };
}

function codeOf(id, phone) {
  const hash = createHmac('sha256', codeKey).update(`${id}\0${phone}`).digest();
  return String(hash.readBigUInt64BE() % 1_000_000n).padStart(6, '0');
}

function seal(phone, context) {
  const nonce = randomBytes(12);
  const cipher = createCipheriv('aes-256-gcm', sealKey, nonce).setAAD(context);
  return Buffer.concat([nonce, cipher.update(phone, 'utf8'), cipher.final(), cipher.getAuthTag()]);
}

function open(sealed, context) {
  const decipher = createDecipheriv('aes-256-gcm', sealKey, sealed.subarray(0, 12)).setAAD(context);
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]).toString('utf8');
}

const base64 = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
function proofFor(id, phone) {
  const jti = randomUUID();
  const iat = Math.floor(Date.now() / 1_000);
  const hash = createHash('sha256').update(`${jti}.${phone}`).digest('base64url');
  const claims = { iss: 'floor', sub: id, aud: 'bench', jti, iat, exp: iat + 600, phone_hash: hash };
  const text = `${base64({ alg: 'ES256', typ: 'proof+jwt' })}.${base64(claims)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}

async function post(phone, code) {
  const Body = `${code} is your Sixdigit code. It expires in 10 min. Do not share it.`;
  const form = new URLSearchParams({ To: phone, Body, From: '+15005550006', ValidityPeriod: '600' });
  const { statusCode, body } = await provider.request({
    path: `/2010-04-01/Accounts/${account}/Messages.json`,
    method: 'POST',
    headers: { ...twilio, 'content-type': 'application/x-www-form-urlencoded' },
    body: form.toString(),
  });
  const { sid } = await body.json();
  if (statusCode !== 201) throw new Error(`the provider answered ${statusCode}`);
  return sid;
}

const app = Fastify();
app.addHook('onRequest', async (request, reply) => {
  if (request.headers.authorization !== `Bearer ${API_KEY}`) return reply.code(401).send();
});
const text = { type: 'string' };
const phoneBody = {
  type: 'object',
  required: ['phone'],
  properties: { phone: { type: 'string', pattern: '^\\+[1-9]\\d{6,14}$' } },
};
const codeBody = {
  type: 'object',
  required: ['code'],
  properties: { code: { type: 'string', pattern: '^\\d{4,10}$' } },
};
const started = {
  type: 'object',
  properties: { id: text, status: text, expiresAt: text, nextSendAt: text, sendsLeft: { type: 'integer' } },
};
const checked = {
  type: 'object',
  properties: { status: text, valid: { type: 'boolean' }, checksLeft: { type: 'integer' }, proof: text },
};

app.post('/v1/verifications', { schema: { body: phoneBody, response: { 201: started } } }, async (request, reply) => {
  const { phone } = request.body;
  const [id, message, attempt] = [randomUUID(), randomUUID(), randomUUID()];
  const key = createHmac('sha256', lookupKey).update(phone).digest();
  const start = {
    ...{ id, purpose: 'verification', channel: 'sms', locale: null, code_length: 6, max_checks: 5 },
    ...{ phone_key: key, phone_sealed: seal(phone, key), key_version: 1, ttl_secs: 600, cooldown_secs: 30 },
    ...{ message_id: message, template: 'verification', lease_ms: 13_000, attempt_id: attempt, provider: 'twilio' },
    ...{ message_channel: 'sms', channels: null, written_in: 'en', template_version: null, variant: null },
    ...{ sender: null, route: null, ...gateOf(phone), country: 'US', price_micros: 13_000, reserve_micros: 26_000 },
  };
  const measure = { at: null, quotas, secs, cap_micros: 1e12, kept_micros: 0 };
  const { rows } = await run(START, { starts: recordsIn([start]), ...measure });
  const [row] = rows;
  if (!row) return reply.code(429).send();
  const sid = await post(phone, codeOf(id, phone));
  const receipt = { id: message, turn: 0, attempt_id: attempt, provider_message_id: sid, again_ms: null };
  await run(ACCEPT, { receipts: recordsIn([receipt]), may_be_late: true, at: null });
  reply.code(201);
  return {
    id,
    status: 'pending',
    expiresAt: row.expires_at,
    nextSendAt: row.next_send_at,
    sendsLeft: Math.min(...row.remaining),
  };
});

app.post(
  '/v1/verifications/:id/check',
  { schema: { body: codeBody, response: { 200: checked } } },
  async (request, reply) => {
    const { id } = request.params;
    const { rows } = await run(COUNT_GUESS, { guesses: recordsIn([{ id, purpose: null }]), at: null });
    const [row] = rows;
    if (!row) return reply.code(404).send();
    const phone = open(row.phone_sealed, row.phone_key);
    const [guess, code] = [Buffer.from(request.body.code), Buffer.from(codeOf(id, phone))];
    if (guess.length !== code.length || !timingSafeEqual(guess, code)) {
      return { status: 'pending', valid: false, checksLeft: row.max_checks - row.checks };
    }
    const approved = await run(APPROVE, {
      guesses: recordsIn([{ id, run: null, guessed_at: row.guessed_at }]),
      at: null,
    });
    if (approved.rows.length !== 1) return reply.code(404).send();
    return { status: 'approved', valid: true, proof: proofFor(id, phone) };
  },
);

process.once('SIGTERM', () => process.exit());
console.log(`The floor is ready at ${await app.listen({ port: 0, host: '127.0.0.1' })} `);
