import type { ChallengeAnswer } from '../fraud/index.js';
import type { PhoneNumber, QuotaState } from '../kernel/index.js';
import type { Channel, ChannelPlan, DeliveryStatus } from '../sms/index.js';

/** By which channel; or by which, in order, each with the seconds after which the next is tried. sms. */
export interface ChannelWish {
  readonly channel?: Channel;
  readonly channels?: ChannelPlan;
}

export interface StartRequest extends ChannelWish {
  /** As a person typed it. */
  readonly phone: string;
  /** What the proof will be good for; a code made for one purpose is wrong for every other. */
  readonly purpose: string;
  /** BCP 47. */
  readonly locale?: string;
  /** The header of whoever asks; counts where no locale is named. */
  readonly acceptLanguage?: string;
  /** Solves what an earlier request was refused with. */
  readonly challenge?: ChallengeAnswer;
  /** Every number is treated as one that nobody knows, so that the answer tells a stranger nothing. */
  readonly alike?: boolean;
}

export interface VerificationState {
  readonly id: string;
  readonly status: 'pending' | 'approved' | 'expired' | 'canceled' | 'failed';
  /** Masked. */
  readonly phone: string;
  /** By which the newest text goes now. */
  readonly channel: string;
  readonly purpose: string;
  /** Of the newest text. */
  readonly delivery?: DeliveryStatus;
  readonly messageId?: string;
  readonly createdAt: Date;
  readonly expiresAt: Date;
  /** When a resend is next allowed. */
  readonly nextSendAt: Date;
  /** Texts that this number may still get now. */
  readonly sendsLeft: number;
  readonly checksLeft: number;
  /** In simulation only. */
  readonly testCode?: string;
  readonly quotas: readonly QuotaState[];
}

export type CheckResult =
  | { readonly status: 'approved'; readonly valid: true; readonly proof: string }
  | { readonly status: 'pending'; readonly valid: false; readonly checksLeft: number };

/** What a right code shows: whoever sent it holds the phone. */
export interface Approval {
  readonly id: string;
  readonly purpose: string;
  readonly phone: PhoneNumber;
  /** By the clock that all instances share. */
  readonly approvedAt: Date;
}

export type Judgement = { readonly approved: Approval } | { readonly checksLeft: number };
