import { Agent, request } from 'undici';

import type { Life } from './fleet.js';

export type Kind = 'start' | 'resend' | 'check' | 'cancel';

/** What a client asked, when, and what it was told. */
export interface Op {
  readonly kind: Kind;
  readonly life: Life;
  readonly phone: string;
  /** Of the verification; for a start once it is answered. */
  readonly id?: string;
  readonly guess?: string;
  readonly begin: number;
  readonly end: number;
  /** Undefined when there was no answer. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, unknown>>;
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- JSON
  readonly body?: any;
  readonly silence?: 'refused' | 'reset' | 'timeout';
}

const TIMEOUT_MS = 20_000;

/** Asks, and writes down every question with its answer. */
export class History {
  readonly ops: Op[] = [];
  // A connection each: one that is kept alive may close by right just when it is used again.
  private readonly agent = new Agent({ connections: null, pipelining: 0 });

  async ask(life: Life, kind: Kind, about: { phone: string; id?: string; guess?: string }): Promise<Op> {
    const { phone, id, guess } = about;
    const path = `/v1/verifications${id ? `/${id}` : ''}${kind === 'check' || kind === 'resend' ? `/${kind}` : ''}`;
    const body = kind === 'start' ? { phone } : kind === 'check' ? { code: guess } : {};
    const begin = performance.now();
    const said = await this.send(life, kind === 'cancel' ? 'DELETE' : 'POST', path, body);
    const op = { kind, life, phone, id: id ?? said.body?.id, guess, begin, end: performance.now(), ...said };
    this.ops.push(op);
    return op;
  }

  close(): Promise<void> {
    return this.agent.close();
  }

  private async send(
    { program }: Life,
    method: 'POST' | 'DELETE',
    path: string,
    body: object,
  ): Promise<Pick<Op, 'status' | 'headers' | 'body' | 'silence'>> {
    try {
      const answer = await request(`http://127.0.0.1:${program.port}${path}`, {
        dispatcher: this.agent,
        reset: true,
        method,
        headers: { authorization: `Bearer ${program.key}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        headersTimeout: TIMEOUT_MS,
        bodyTimeout: TIMEOUT_MS,
      });
      return { status: answer.statusCode, headers: answer.headers, body: await answer.body.json() };
    } catch (error) {
      const { code = '' } = error as { code?: string };
      return { silence: code === 'ECONNREFUSED' ? 'refused' : code.includes('TIMEOUT') ? 'timeout' : 'reset' };
    }
  }
}
