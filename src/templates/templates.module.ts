import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { TemplateKeeper } from './template-keeper.js';
import { TemplateOffice } from './template-office.js';
import { TemplatesController } from './templates.controller.js';
import { TemplatesModuleBase } from './templates.options.js';

/** Operators' own texts, beside those that come with the program. */
@Module({
  imports: [AuditModule],
  controllers: [TemplatesController],
  providers: [TemplateKeeper, TemplateOffice],
  exports: [TemplateKeeper, TemplateOffice],
})
export class TemplatesModule extends TemplatesModuleBase {}
