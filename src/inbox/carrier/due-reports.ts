import type { LaterReport } from './outcomes.js';

export interface DueReport extends Omit<LaterReport, 'afterMs'> {
  readonly messageId: string;
  readonly provider: string;
  readonly providerMessageId: string;
  /** Monotonic milliseconds. */
  readonly dueAt: number;
  /** How often nobody could write it down. */
  readonly failures: number;
}

/** More than a burst of texts brings: beyond that the network falls silent, as a real one may. */
const MOST = 10_000;

/** What the network is still to report, without a timer for each. */
export class DueReports {
  private reports: DueReport[] = [];

  add(report: DueReport): void {
    if (this.reports.length < MOST) this.reports.push(report);
  }

  /** Takes out what is due, in the order in which it became due. */
  take(now: number): DueReport[] {
    if (!this.reports.some(({ dueAt }) => dueAt <= now)) return [];
    const due = this.reports.filter(({ dueAt }) => dueAt <= now);
    this.reports = this.reports.filter(({ dueAt }) => dueAt > now);
    return due.sort((a, b) => a.dueAt - b.dueAt);
  }

  /** Somebody else says what becomes of it. */
  forget(messageId: string): void {
    this.reports = this.reports.filter((report) => report.messageId !== messageId);
  }
}
