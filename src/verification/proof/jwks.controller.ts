import { Controller, Get, Header } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiPublicProblems, Public } from '../../http/index.js';
import { PublishedKeys } from './published-keys.js';
import type { PublicJwk } from './signing-keys.js';

const TEXT = { type: 'string' };
const JWK = {
  type: 'object',
  properties: { kty: TEXT, crv: TEXT, x: TEXT, y: TEXT, kid: TEXT, alg: TEXT, use: TEXT },
};
const JWK_SET = { type: 'object', required: ['keys'], properties: { keys: { type: 'array', items: JWK } } };

@ApiTags('keys')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly published: PublishedKeys) {}

  @Get('jwks.json')
  @Public()
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ summary: 'Public keys under which proofs and access tokens are verified' })
  @ApiOkResponse({ description: 'A JWK set (RFC 7517).', schema: JWK_SET })
  @ApiPublicProblems(429)
  keys(): { keys: readonly PublicJwk[] } {
    return { keys: this.published.all() };
  }
}
