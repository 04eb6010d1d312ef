import { Module } from '@nestjs/common';

import { JwksController } from './proof/jwks.controller.js';
import { ProofSigner } from './proof/proof-signer.js';
import { PublishedKeys } from './proof/published-keys.js';
import { ChannelChoice } from './channel-choice.js';
import { VerificationController } from './verification.controller.js';
import { VerificationModuleBase } from './verification.options.js';
import { CodeSender } from './code-sender.js';
import { TestVerifications } from './test-verifications.js';
import { VerificationSecrets } from './verification-secrets.js';
import { VerificationRepository } from './verification.repository.js';
import { VerificationService } from './verification.service.js';

@Module({
  controllers: [VerificationController, JwksController],
  providers: [
    VerificationRepository,
    VerificationSecrets,
    ChannelChoice,
    CodeSender,
    VerificationService,
    TestVerifications,
    ProofSigner,
    PublishedKeys,
  ],
  exports: [VerificationService, PublishedKeys],
})
export class VerificationModule extends VerificationModuleBase {}
