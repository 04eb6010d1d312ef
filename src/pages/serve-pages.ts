import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import { POLICY_FOR_PAGES } from '../http/index.js';
import type { PagesOptions } from './pages.options.js';

/** Where Vite puts them: beside `dist/`, which every build of the server empties. */
const BUILT = resolve(dirname(fileURLToPath(import.meta.url)), '../../dist-pages');

interface Document {
  readonly html: string;
  readonly etag: string;
}

/**
 * Adds the pages to the server. One document answers every address of a page, as the page finds its way by itself; files
 * have the hash of their content in their names, so browsers keep them for ever.
 * @returns whether they are built
 */
export function servePages(fastify: FastifyInstance, options: PagesOptions): boolean {
  if (!existsSync(join(BUILT, 'assets'))) return false;
  void fastify.register(async (pages) => {
    pages.addHook('onRequest', (_, reply, next) => {
      void reply.header('content-security-policy', POLICY_FOR_PAGES);
      next();
    });
    await pages.register(fastifyStatic, {
      root: join(BUILT, 'assets'),
      prefix: '/assets/',
      decorateReply: false, // the reference page has decorated it
      index: false,
      dotfiles: 'ignore',
      preCompressed: true,
      immutable: true,
      maxAge: '365d',
    });
    for (const [name, isOn] of Object.entries(options) as [keyof PagesOptions, boolean][]) {
      const page = documentAt(join(BUILT, name, isOn ? 'index.html' : 'off.html'));
      const answer = (request: FastifyRequest, reply: FastifyReply) => send(page, isOn ? 200 : 404, request, reply);
      pages.get(`/${name}`, answer);
      pages.get(`/${name}/*`, answer);
    }
  });
  return true;
}

function documentAt(file: string): Document {
  const html = readFileSync(file, 'utf8');
  return { html, etag: `"${createHash('sha256').update(html).digest('base64url').slice(0, 22)}"` };
}

/** Asked for each time, so that a new version is seen at once, and sent only when there is one. */
function send({ html, etag }: Document, status: number, { headers }: FastifyRequest, reply: FastifyReply) {
  void reply.headers({ 'cache-control': 'no-cache', etag });
  if (status === 200 && headers['if-none-match'] === etag) return reply.status(304).send();
  return reply.status(status).type('text/html; charset=utf-8').send(html);
}
