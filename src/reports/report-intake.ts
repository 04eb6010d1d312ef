import { Inject, Injectable, Logger } from '@nestjs/common';

import { DomainError } from '../kernel/index.js';
import { DeliveryReports, ReportRefused, reportsDelivery, SmsProviders, type ReportRequest } from '../sms/index.js';

/** Says nothing about what was wrong: whoever forges reports learns nothing. */
export class ReportForbidden extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'UNAUTHORIZED';
  override readonly hint = 'Reports are taken from configured providers only, signed as they sign them.';

  constructor() {
    super('This is not a report of a provider of ours.');
  }
}

/** Takes a provider's request in: proven to be the provider's, then written down. */
@Injectable()
export class ReportIntake {
  private readonly logger = new Logger('Reports');

  constructor(
    @Inject(SmsProviders) private readonly providers: SmsProviders,
    private readonly reports: DeliveryReports,
  ) {}

  /** @throws {ReportForbidden | DatabaseUnavailable} */
  async take(providerName: string, request: ReportRequest): Promise<void> {
    const provider = this.providers.find(({ name }) => name === providerName);
    if (!provider || !reportsDelivery(provider)) throw new ReportForbidden();
    const reports = await provider.readReports(request).catch((error: unknown) => {
      if (!(error instanceof ReportRefused)) throw error;
      this.logger.warn(`a report that claimed to be of ${provider.name} was refused: ${error.message}`);
      throw new ReportForbidden();
    });
    for (const report of reports) await this.reports.record(provider.name, report);
  }
}
