import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiPublicProblems, Public } from '../../http/index.js';
import { PublishedKeys } from './published-keys.js';
import type { PublicJwk } from './signing-keys.js';

@ApiTags('keys')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly published: PublishedKeys) {}

  @Get('jwks.json')
  @Public()
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ summary: 'Public keys under which proofs and access tokens are verified' })
  @ApiPublicProblems(429)
  keys(): { keys: readonly PublicJwk[] } {
    return { keys: this.published.all() };
  }
}
