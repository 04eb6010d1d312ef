import { Injectable } from '@nestjs/common';

import {
  SmsObserver,
  type Attempt,
  type DeliveryReport,
  type Dispatch,
  type StandingChange,
  type TextKind,
} from '../../sms/index.js';
import type { Counts, Durations } from '../families.js';
import { Metrics } from '../metrics.js';

const POST_SECS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30];
const DELIVERY_SECS = [1, 2, 5, 10, 20, 30, 60, 120, 300, 900, 3_600];
/** That have a name of their own; what pumpers try beyond them is "other". */
const COUNTRIES = 60;

/** Counts what happens to texts, from the first try to the network's word. */
@Injectable()
export class TextMetrics extends SmsObserver {
  private readonly attempts: Counts;
  private readonly faults: Counts;
  private readonly posts: Durations;
  private readonly failovers: Counts;
  private readonly retries: Counts;
  private readonly dispatches: Counts;
  private readonly countries: Counts;
  private readonly changes: Counts;
  private readonly reports: Counts;
  private readonly unknown: Counts;
  private readonly deliveries: Durations;

  constructor(metrics: Metrics) {
    super();
    this.attempts = metrics.counts(
      'sixdigit_attempts_total',
      'Tries to hand a text to a provider, and what came of it',
      [...['provider', 'channel', 'outcome']],
    );
    this.faults = metrics.counts(
      'sixdigit_attempt_faults_total',
      'Tries that a provider did not take, by what was wrong',
      [...['provider', 'fault']],
    );
    const posts = 'From the begin of a try until the provider answered';
    this.posts = metrics.durations('sixdigit_provider_request_duration_seconds', posts, POST_SECS, [
      'provider',
      'outcome',
    ]);
    const failovers = 'Texts that went on to another provider, by the one that did not do';
    this.failovers = metrics.counts('sixdigit_failovers_total', failovers, ['from', 'to']);
    this.retries = metrics.counts('sixdigit_retries_total', 'Tries at the same provider once more', ['provider']);
    const dispatches = 'Texts, by what all tries together came to: accepted, unknown, refused, not_sent';
    this.dispatches = metrics.counts('sixdigit_dispatches_total', dispatches, ['status', 'channel']);
    const countries = `The same by country; those beyond the first ${COUNTRIES} are "other"`;
    const series = COUNTRIES * 4;
    this.countries = metrics.counts('sixdigit_country_dispatches_total', countries, ['country', 'status'], series);
    const changes = 'How often a provider came to stand so';
    this.changes = metrics.counts('sixdigit_provider_changes_total', changes, ['provider', 'state']);
    const reports = 'What networks said of texts of ours';
    this.reports = metrics.counts('sixdigit_delivery_reports_total', reports, ['provider', 'status']);
    const unknown = 'Reports about no text of ours';
    this.unknown = metrics.counts('sixdigit_delivery_reports_unknown_total', unknown, ['provider']);
    const deliveries = 'From the begin of the try until its network said that the phone has it';
    this.deliveries = metrics.durations('sixdigit_delivery_duration_seconds', deliveries, DELIVERY_SECS, ['provider']);
  }

  override attempted(attempt: Attempt, { channel }: TextKind): void {
    const { provider, outcome, durationMs } = attempt;
    if (attempt.isVoid) return; // it says nothing of a provider that was not asked
    this.attempts.at(provider, channel, outcome).inc();
    this.posts.at(provider, outcome).observe(durationMs / 1_000);
    if (attempt.outcome !== 'accepted') this.faults.at(provider, attempt.fault).inc();
  }

  override triesAgain({ provider: from }: Attempt, to: string): void {
    if (from === to) this.retries.at(to).inc();
    else this.failovers.at(from, to).inc();
  }

  override dispatched(status: Dispatch['status'], { channel, country }: TextKind): void {
    this.dispatches.at(status, channel).inc();
    this.countries.at(country ?? 'none', status).inc();
  }

  override changed({ provider, to }: StandingChange): void {
    this.changes.at(provider, to).inc();
  }

  override reported(
    provider: string,
    status: DeliveryReport['status'],
    isKnown: boolean,
    deliveredSecs: number | null,
  ): void {
    if (!isKnown) return this.unknown.at(provider).inc();
    this.reports.at(provider, status).inc();
    if (deliveredSecs !== null) this.deliveries.at(provider).observe(Math.max(0, deliveredSecs));
  }
}
