import { randomUUID } from 'node:crypto';
import { once } from 'node:events';

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';

import { Clock, Rounds, type PhoneNumber } from '../../kernel/index.js';
import {
  DeliveryReports,
  MockProvider,
  ProviderError,
  SmsProviders,
  type Receipt,
  type SimulatedNetwork,
  type SmsMessage,
} from '../../sms/index.js';
import { Inbox } from '../inbox.js';
import { MessageSettled } from '../inbox.errors.js';
import type { InboxMessage, InboxState } from '../inbox-message.js';
import { DueReports, type DueReport } from './due-reports.js';
import { outcomeOf, type LaterReport, type OutcomeName } from './outcomes.js';
import { Plans } from './plans.js';
import { scenarioOf } from './scenarios.js';

const EVERY_MS = 50;
const AGAIN_MS = 2_000;
const MOST_FAILURES = 5;

interface Wanted {
  readonly outcome: OutcomeName;
  readonly because?: InboxMessage['because'];
  readonly afterSecs?: number;
}

/**
 * The network behind the mocks: it answers as a provider would, and reports as a provider would, so that the engine cannot tell it
 * from one. What it says of a text goes the same way as a report that came in over HTTP.
 */
@Injectable()
export class SimulatedCarrier implements SimulatedNetwork, OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly plans = new Plans();
  private readonly logger = new Logger('Inbox');
  private readonly due = new DueReports();
  private readonly mocks: readonly MockProvider[];
  private readonly rounds: Rounds;

  constructor(
    private readonly inbox: Inbox,
    private readonly reports: DeliveryReports,
    @Inject(SmsProviders) providers: SmsProviders,
    @Inject(Clock) private readonly clock: Clock,
  ) {
    this.mocks = providers.filter((provider) => provider instanceof MockProvider);
    const failed = (error: unknown) => this.logger.error(`cannot report: ${nameOf(error)}`);
    this.rounds = new Rounds(() => this.reportDue(), EVERY_MS, failed);
  }

  onApplicationBootstrap(): void {
    for (const mock of this.mocks) mock.carryOver(this);
    this.rounds.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.rounds.stop();
  }

  /** @throws {ProviderError} */
  async take(provider: string, message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    const wanted = this.wantedFor(provider, message.to);
    const { answer, reports = [] } = outcomeOf(wanted.outcome);
    const isTaken = answer === 'accepted' || answer === 'timeout';
    const providerMessageId = `simulated-${randomUUID()}`;
    const { attemptId: id, to, channel = 'sms', body, code, locale } = message;
    this.inbox.add({
      ...{ id, phone: to.e164, provider, channel, body, outcome: wanted.outcome },
      ...(isTaken && { providerMessageId }),
      ...(code !== undefined && { code }),
      ...(locale !== undefined && { locale }),
      ...(wanted.because && { because: wanted.because }),
      ...{ state: isTaken ? 'on_its_way' : 'refused', receivedAt: this.clock.now(), reports: [] },
    });
    if (isTaken) this.schedule({ id, provider, providerMessageId }, reports, wanted.afterSecs);
    if (answer === 'accepted') return { providerMessageId };
    if (answer === 'timeout') await givenUp(signal);
    const fault = answer === 'timeout' ? 'unconfirmed' : answer;
    throw new ProviderError(fault, `The simulated network was told: ${wanted.outcome}.`);
  }

  /**
   * Says what became of a text that a provider took, by a report as its network would send one.
   * @throws {MessageSettled} for one that is delivered, or was not taken @throws {DatabaseUnavailable}
   */
  async settle(message: InboxMessage, outcome: OutcomeName): Promise<void> {
    const { id, provider, providerMessageId } = message;
    if (!providerMessageId || message.state === 'arrived') throw new MessageSettled(message.state);
    this.due.forget(id);
    for (const { afterMs: _, ...report } of outcomeOf(outcome).reports ?? [])
      await this.tell({ ...report, messageId: id, provider, providerMessageId, dueAt: 0, failures: 0 });
  }

  private wantedFor(provider: string, to: PhoneNumber): Wanted {
    const plan = this.plans.use(to.e164);
    if (plan) return { ...plan, because: 'plan' };
    const scenario = scenarioOf(to);
    if (!scenario) return { outcome: 'delivered' };
    const isMeant = scenario.at === 'all' || provider === this.mocks[0]?.name;
    return { outcome: isMeant ? scenario.outcome : 'delivered', because: 'scenario' };
  }

  private schedule(
    { id, ...from }: Pick<InboxMessage, 'id' | 'provider'> & { readonly providerMessageId: string },
    reports: readonly LaterReport[],
    afterSecs: number | undefined,
  ): void {
    const now = this.clock.monotonic();
    for (const { afterMs, ...report } of reports) {
      // Only the delivery is what somebody wanted late.
      const inMs = afterSecs !== undefined && report.status === 'delivered' ? afterSecs * 1_000 : afterMs;
      this.due.add({ ...report, ...from, messageId: id, dueAt: now + inMs, failures: 0 });
    }
  }

  private async reportDue(): Promise<void> {
    const due = this.due.take(this.clock.monotonic());
    await Promise.all(due.map((report) => this.tellOrTryLater(report)));
  }

  /** As a provider does when its report is not taken. */
  private async tellOrTryLater(report: DueReport): Promise<void> {
    try {
      await this.tell(report);
    } catch (error) {
      const failures = report.failures + 1;
      this.logger.warn(`a simulated report was not taken: ${nameOf(error)}`);
      if (failures < MOST_FAILURES) this.due.add({ ...report, failures, dueAt: this.clock.monotonic() + AGAIN_MS });
    }
  }

  private async tell({ messageId, provider, dueAt: _, failures: __, ...report }: DueReport): Promise<void> {
    await this.reports.record(provider, { ...report, attemptId: messageId });
    const { status, code } = report;
    const at = this.clock.now();
    this.inbox.change(messageId, ({ reports, state }) => ({
      ...(status === 'delivered' && { arrivedAt: at }),
      state: STATE_AFTER[status] ?? state,
      reports: [...reports, { status, ...(code !== undefined && { code }), at }],
    }));
  }
}

const STATE_AFTER: Partial<Readonly<Record<LaterReport['status'], InboxState>>> = {
  delivered: 'arrived',
  undelivered: 'lost',
  failed: 'lost',
};

async function givenUp(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'unknown failure');
