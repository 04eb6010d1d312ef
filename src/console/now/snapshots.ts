import { Injectable } from '@nestjs/common';

import type { NowDto } from './now.dto.js';

@Injectable()
export class Snapshots {
  now(): Promise<NowDto> {
    throw new Error('to come');
  }
}
