import { ConfigurableModuleBuilder } from '@nestjs/common';

/** The hit that a message took in its phone's window: it counts from now on (the text was handed over), or no more. */
export interface SettledHit {
  /** The message's. */
  readonly id: string;
  /** The phone's. */
  readonly key: Uint8Array;
  readonly change: 'moved' | 'given_back';
}

export interface OutboxOptions {
  /** For limits that are kept outside the database; must not throw. */
  readonly onHitSettled?: (hit: SettledHit) => Promise<void>;
  /** How long a claimed message is left to the process at work on it: longer than any dispatch takes. */
  readonly leaseMs: number;
  /** How often due messages are looked for; 1000. */
  readonly everyMs?: number;
  /** After that long without a report from a provider known to report, another one is tried; 20000. */
  readonly reportWaitMs?: number;
}

export const { ConfigurableModuleClass: OutboxModuleBase, MODULE_OPTIONS_TOKEN: OUTBOX_OPTIONS } =
  new ConfigurableModuleBuilder<OutboxOptions>({ moduleName: 'Outbox' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
