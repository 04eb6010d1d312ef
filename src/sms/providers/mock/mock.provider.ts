import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import { DEFAULT_PATIENCE } from '../../provider/patience.js';
import { CHANNELS, type CarriesChannels } from '../../provider/channel.js';
import { ProviderError, type ProviderFault } from '../../provider/provider-error.js';
import type { Pingable, Receipt, SmsMessage, SmsProvider } from '../../provider/sms-provider.js';
import type { SimulatedNetwork } from './simulated-network.js';

export interface MockOptions {
  /** mock. */
  readonly name?: string;
  /** Before each answer; 0. */
  readonly latencyMs?: number;
}

export interface MockMessage extends SmsMessage, Receipt {
  readonly at: Date;
}

const KEPT = 500;

/** Accepts everything and sends nothing: simulation, and tests of whoever uses {@link SmsProvider}. */
export class MockProvider implements SmsProvider, Pingable, CarriesChannels {
  readonly name: string;
  readonly errorCode = 'DELIVERY_UNAVAILABLE';
  readonly patience = DEFAULT_PATIENCE;
  readonly channels = CHANNELS;
  private readonly messages: MockMessage[] = [];
  private readonly faults: ProviderFault[] = [];
  private network: SimulatedNetwork | undefined;

  constructor(private readonly options: MockOptions = {}) {
    this.name = options.name ?? 'mock';
  }

  /** The newest 500, oldest first. */
  get sent(): readonly MockMessage[] {
    return this.messages;
  }

  /** Lets the next sends fail, one each. */
  failNext(...faults: readonly ProviderFault[]): void {
    this.faults.push(...faults);
  }

  /** From now on the network says what becomes of a text. */
  carryOver(network: SimulatedNetwork): void {
    this.network = network;
  }

  async send(message: SmsMessage, signal: AbortSignal): Promise<Receipt> {
    await this.answer(signal);
    const fault = this.faults.shift();
    if (fault) throw new ProviderError(fault, 'The mock was told to fail.');
    const receipt = (await this.network?.take(this.name, message, signal)) ?? {
      providerMessageId: `mock-${randomUUID()}`,
    };
    this.messages.push({ ...message, ...receipt, at: new Date() });
    if (this.messages.length > KEPT) this.messages.shift();
    return receipt;
  }

  ping(signal: AbortSignal): Promise<void> {
    return this.answer(signal);
  }

  private async answer(signal: AbortSignal): Promise<void> {
    try {
      signal.throwIfAborted();
      if (this.options.latencyMs) await wait(this.options.latencyMs, undefined, { signal });
    } catch {
      throw new ProviderError('unreachable', 'Given up before the mock took it.');
    }
  }
}
