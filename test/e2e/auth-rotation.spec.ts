import { createLocalJWKSet, decodeProtectedHeader, jwtVerify, type JSONWebKeySet } from 'jose';

import type { Source } from '../../src/kernel/index.js';
import { startApp, type TestApp } from '../setup/app.js';
import { openTestDatabase, serverUrl, type TestDatabase } from '../setup/database.js';
import { Device, type Started } from '../setup/people.js';
import { cleanUp, dataFolder } from '../setup/process.js';

const PHONE = '+12125550147';
const OLD = 'the former secret of more than 32 bytes';
const NEW = 'the present secret of more than 32 bytes';
const JWKS = '/.well-known/jwks.json';

describe('login after the secret was changed', () => {
  let database: TestDatabase | undefined;
  let folder: string;
  let app: TestApp;
  beforeEach(async () => {
    if (serverUrl) database = await openTestDatabase();
    else folder = await dataFolder();
  });
  afterEach(async () => {
    await app.close();
    await database?.drop();
    await cleanUp();
  });

  /** The same program, started again with other secrets. */
  const restart = async (env: Source): Promise<void> => {
    await app?.close();
    const where = database ? {} : { DATA_DIR: folder };
    app = await startApp(
      { PUBLIC_BASE_URL: 'https://verify.example.test', TRUSTED_PROXIES: '127.0.0.1', ...where, ...env },
      database,
    );
  };
  const before = () => restart({ APP_SECRET: OLD });
  const during = () => restart({ APP_SECRET: NEW, APP_SECRET_PREVIOUS: OLD });
  const after = () => restart({ APP_SECRET: NEW });
  const as = (tokens: Device['tokens']) => Object.assign(new Device(app), { tokens });
  const published = async () => (await app.call('GET', JWKS)).body as JSONWebKeySet;

  it('finds its users, and takes tokens of both secrets, as long as the former one is kept', async () => {
    await before();
    const { tokens } = await new Device(app).login(PHONE);
    const oldKeys = await published();
    const half = (await new Device(app).start(PHONE)).body as Started;

    await during();
    expect((await as(tokens).call('GET', '/v1/auth/me')).body).toMatchObject({
      id: tokens?.user.id,
      phone: '+******0147',
    });
    const finished = await new Device(app).verify(half.id, half.testCode);
    expect(finished.body.user).toEqual({ ...tokens?.user, isNew: false });
    const { refreshToken, accessToken } = (await as(tokens).refresh()).body;
    const keys = await published();
    expect(keys.keys.map(({ kid }) => kid).slice(2)).toEqual(oldKeys.keys.map(({ kid }) => kid));
    expect(keys.keys.findIndex(({ kid }) => kid === decodeProtectedHeader(accessToken).kid)).toBeLessThan(2);
    for (const token of [tokens!.accessToken, accessToken]) {
      expect((await jwtVerify(token, createLocalJWKSet(keys), { typ: 'at+jwt' })).payload.sub).toBe(tokens?.user.id);
    }

    await after();
    expect((await as(tokens).call('GET', '/v1/auth/me')).status).toBe(401);
    const renewed = { ...tokens!, accessToken };
    expect((await as(renewed).call('GET', '/v1/auth/me')).body.id).toBe(tokens?.user.id);
    expect((await as(renewed).refresh(refreshToken)).status).toBe(200);
    expect((await new Device(app).login(PHONE)).tokens?.user).toEqual({ ...tokens?.user, isNew: false });
  });

  it('keeps the number of a user for that user', async () => {
    await before();
    const owner = await new Device(app).login(PHONE);
    await during();
    const thief = await new Device(app).login('+12125550148');
    const change = (await thief.call('POST', '/v1/auth/phone-change/start', { phone: PHONE })).body;
    const codes = { currentCode: change.current.testCode, newCode: change.new.testCode };
    const answer = await thief.call('POST', '/v1/auth/phone-change/verify', { id: change.id, ...codes });
    expect([answer.status, answer.body.code]).toEqual([409, 'PHONE_TAKEN']);
    expect((await new Device(app).login(PHONE)).tokens?.user.id).toBe(owner.tokens?.user.id);
  });
});
