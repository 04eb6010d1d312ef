import { Module } from '@nestjs/common';

import { Lookups } from './lookups.js';
import { LookupsModuleBase } from './lookups.options.js';

@Module({ providers: [Lookups], exports: [Lookups] })
export class LookupsModule extends LookupsModuleBase {}
