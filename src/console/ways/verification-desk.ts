import { Injectable } from '@nestjs/common';

import type { Operator } from '../../http/index.js';
import type { VerificationsDto, VerificationsQuery, VerificationWayDto } from './ways.dto.js';

@Injectable()
export class VerificationDesk {
  find(_query: VerificationsQuery, _by: Operator): Promise<VerificationsDto> {
    return Promise.resolve({ verifications: [], next: null });
  }
  wayOf(_id: string): Promise<VerificationWayDto> {
    throw new Error('to come');
  }
}
