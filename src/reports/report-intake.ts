import { Inject, Injectable, Logger } from '@nestjs/common';

import { DomainError, InvalidPhoneFormat, PhoneNumber } from '../kernel/index.js';
import { Metrics, type Counts } from '../metrics/index.js';
import {
  DeliveryReports,
  OptOuts,
  passesReplies,
  ReportRefused,
  reportsDelivery,
  ReportUnreadable,
  SmsProviders,
  type ReportRequest,
} from '../sms/index.js';

/** Says nothing about what was wrong: whoever forges reports learns nothing. */
export class ReportForbidden extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Reports are taken from configured providers only, signed as they sign them.';

  constructor() {
    super('This is not a report of a provider of ours.');
  }
}

/** For a provider that is one, and whose author is still at work on it. */
export class ReportInvalid extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
}

/** Takes a provider's request in: proven to be the provider's, then written down. */
@Injectable()
export class ReportIntake {
  private readonly logger = new Logger('Reports');
  private readonly refused: Counts;

  constructor(
    @Inject(SmsProviders) private readonly providers: SmsProviders,
    private readonly reports: DeliveryReports,
    private readonly optOuts: OptOuts,
    metrics: Metrics,
  ) {
    const about = 'Requests that claimed to be reports, and why they were not taken';
    this.refused = metrics.counts('sixdigit_reports_refused_total', about, ['provider', 'reason']);
  }

  /** @throws {ReportForbidden | ReportInvalid | DatabaseUnavailable} */
  async take(providerName: string, request: ReportRequest): Promise<void> {
    const provider = this.providers.find(({ name }) => name === providerName);
    if (!provider || !reportsDelivery(provider)) throw this.ofNobody();
    const reports = await this.proven(provider.name, () => provider.readReports(request));
    for (const report of reports) await this.reports.record(provider.name, report);
  }

  /** What a person texted back. @throws {ReportForbidden | DatabaseUnavailable} */
  async takeReply(providerName: string, request: ReportRequest): Promise<void> {
    const provider = this.providers.find(({ name }) => name === providerName);
    if (!provider || !passesReplies(provider)) throw this.ofNobody();
    const reply = await this.proven(provider.name, () => provider.readReply(request));
    const phone = reply && phoneOf(reply.phone);
    if (!phone) return;
    if (reply.wish === 'stop') await this.optOuts.add(phone, provider.name);
    else await this.optOuts.remove(phone, provider.name);
  }

  /** Whose name a caller made up is not counted by it. */
  private ofNobody(): ReportForbidden {
    this.refused.at('none', 'unknown_provider').inc();
    return new ReportForbidden();
  }

  private async proven<T>(provider: string, read: () => T | Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (error instanceof ReportUnreadable) {
        this.refused.at(provider, 'unreadable').inc();
        throw new ReportInvalid(error.message);
      }
      if (!(error instanceof ReportRefused)) throw error;
      this.refused.at(provider, 'forged').inc();
      this.logger.warn(`a report that claimed to be of ${provider} was refused: ${error.message}`);
      throw new ReportForbidden();
    }
  }
}

/** Undefined for what no verification could ever be sent to. */
function phoneOf(text: string): PhoneNumber | undefined {
  try {
    return PhoneNumber.parse(text);
  } catch (error) {
    if (error instanceof InvalidPhoneFormat) return undefined;
    throw error;
  }
}
