import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { IssuedKeys } from '../http/index.js';
import { KeyRegistry } from './key-registry.js';
import { KeyUses } from './key-uses.js';
import { KeysController } from './keys.controller.js';
import { KeysModuleBase } from './keys.options.js';
import { Keys } from './keys.service.js';

/** API keys that operators make while the program runs. */
@Module({
  imports: [AuditModule],
  controllers: [KeysController],
  providers: [Keys, KeyRegistry, KeyUses, { provide: IssuedKeys, useExisting: KeyRegistry }],
  exports: [Keys, IssuedKeys],
})
export class KeysModule extends KeysModuleBase {}
