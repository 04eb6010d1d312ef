import { Controller, Get, Header } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';

import { ApiPublicProblems, Public } from '../../http/index.js';
import { ProofSigner } from './proof-signer.js';
import type { PublicJwk } from './signing-keys.js';

@ApiTags('keys')
@Controller('.well-known')
export class JwksController {
  constructor(private readonly proofs: ProofSigner) {}

  @Get('jwks.json')
  @Public()
  @Header('cache-control', 'public, max-age=300')
  @ApiOperation({ summary: 'Public keys under which proofs are verified' })
  @ApiPublicProblems(429)
  keys(): { keys: readonly PublicJwk[] } {
    return { keys: this.proofs.publicKeys() };
  }
}
