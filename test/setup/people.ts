import type { Answer, TestApp } from './app.js';

export interface Started {
  readonly id: string;
  readonly testCode: string;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly user: { readonly id: string; readonly phone: string; readonly isNew: boolean };
}

export const wrongFor = (code: string): string =>
  String((Number(code) + 1) % 10 ** code.length).padStart(code.length, '0');
export const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

let addresses = 0;

/** A browser or app of somebody, at an address of its own. The program must trust 127.0.0.1 as a proxy. */
export class Device {
  tokens?: Tokens;

  constructor(
    readonly app: TestApp,
    readonly address = `10.${(++addresses >> 8) & 255}.${addresses & 255}.7`,
  ) {}

  /** With its access token, if it has one; never with the API key. */
  call(method: string, path: string, body?: unknown, token = this.tokens?.accessToken): Promise<Answer> {
    const authorization = token ? `Bearer ${token}` : '';
    return this.app.call(method, path, body, { authorization, 'x-forwarded-for': this.address });
  }

  start(phone: string): Promise<Answer> {
    return this.call('POST', '/v1/auth/phone/start', { phone }, '');
  }

  verify(id: string, code: string): Promise<Answer> {
    return this.call('POST', '/v1/auth/phone/verify', { id, code }, '');
  }

  refresh(refreshToken = this.tokens!.refreshToken): Promise<Answer> {
    return this.call('POST', '/v1/auth/refresh', { refreshToken }, '');
  }

  async login(phone: string): Promise<this> {
    const { id, testCode } = (await this.start(phone)).body as Started;
    const answer = await this.verify(id, testCode);
    if (answer.status !== 200) throw new Error(`login answered ${answer.status} ${answer.body.code}`);
    this.tokens = answer.body as Tokens;
    return this;
  }
}
