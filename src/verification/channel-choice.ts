import { Injectable } from '@nestjs/common';

import { SendGuard } from '../fraud/index.js';
import type { PhoneNumber } from '../kernel/index.js';
import { SmsService, type Channel, type ChannelPlan, type Leg } from '../sms/index.js';
import { VerificationRepository } from './verification.repository.js';
import type { ChannelWish } from './verification.types.js';

/** Which of the channels that somebody asked for a code is really tried by. */
@Injectable()
export class ChannelChoice {
  constructor(
    private readonly sms: SmsService,
    private readonly guard: SendGuard,
    private readonly verifications: VerificationRepository,
  ) {}

  /** As it was asked for. In memory, at once. @throws {ChannelUnavailable} before anything is written or sent */
  asked({ channel = 'sms', channels = [{ channel }] }: ChannelWish): ChannelPlan {
    this.sms.checkCarried(channelsOf(channels));
    return channels;
  }

  /** Without those that the number is not allowed to be reached by. @throws {DestinationNotAllowed} where none is left */
  admitted(phone: PhoneNumber, plan: ChannelPlan, isResend = false): ChannelPlan {
    const admitted = this.guard.admit(phone, channelsOf(plan), isResend);
    return only(plan, (channel) => admitted.includes(channel));
  }

  /** Without those that the phone turned out not to have, as long as there is another. One round trip. */
  async reachable(phone: PhoneNumber, plan: ChannelPlan): Promise<ChannelPlan> {
    const without = await this.verifications.channelsWithout(phone);
    return only(plan, (channel) => !without.includes(channel));
  }
}

export const channelsOf = (plan: ChannelPlan): Channel[] => plan.map(({ channel }) => channel);

/** All of them, where none would be left. */
function only(plan: ChannelPlan, holds: (channel: Channel) => boolean): ChannelPlan {
  const [first, ...later]: Leg[] = plan.filter(({ channel }) => holds(channel));
  return first ? [first, ...later] : plan;
}
