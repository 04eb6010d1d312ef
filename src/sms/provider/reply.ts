import type { ReportRequest } from './delivery-report.js';

/** What a person texted back to a sender of ours, as far as it matters. */
export interface Reply {
  /** E.164. */
  readonly phone: string;
  readonly wish: 'stop' | 'start';
}

/** A provider that passes on what people text back. */
export interface PassesReplies {
  /** Undefined for any other text. @throws {ReportRefused} */
  readReply(request: ReportRequest): Reply | undefined | Promise<Reply | undefined>;
}

export const passesReplies = <P extends object>(provider: P): provider is P & PassesReplies =>
  typeof (provider as Partial<PassesReplies>).readReply === 'function';
