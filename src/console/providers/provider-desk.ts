import { Injectable } from '@nestjs/common';

import type { Operator } from '../../http/index.js';
import type { ProviderDto } from './provider.dto.js';

@Injectable()
export class ProviderDesk {
  list(): Promise<ProviderDto[]> {
    return Promise.resolve([]);
  }
  get(_name: string): Promise<ProviderDto> {
    throw new Error('to come');
  }
  takeOut(_name: string, _reason: string, _force: boolean, _by: Operator): Promise<ProviderDto> {
    throw new Error('to come');
  }
  putBack(_name: string, _by: Operator): Promise<ProviderDto> {
    throw new Error('to come');
  }
}
