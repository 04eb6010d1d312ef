import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface ConsoleOptions {
  /** Nothing leaves. */
  readonly simulation: boolean;
  /** What this process is called; host and process id. */
  readonly instance?: string;
  /** How many may listen to events at a time; 50. */
  readonly mostListeners?: number;
}

export const { ConfigurableModuleClass: ConsoleModuleBase, MODULE_OPTIONS_TOKEN: CONSOLE_OPTIONS } =
  new ConfigurableModuleBuilder<ConsoleOptions>({ moduleName: 'Console' }).setClassMethodName('forRoot').build();
