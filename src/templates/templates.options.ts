import { ConfigurableModuleBuilder } from '@nestjs/common';

export interface TemplatesOptions {
  /** As long as codes are, for samples. */
  readonly code: string;
  /** That texts with a code end with, for that code; empty: none. */
  readonly machineLine: string;
}

export const { ConfigurableModuleClass: TemplatesModuleBase, MODULE_OPTIONS_TOKEN: TEMPLATES_OPTIONS } =
  new ConfigurableModuleBuilder<TemplatesOptions>({ moduleName: 'Templates' }).setClassMethodName('forRoot').build();
