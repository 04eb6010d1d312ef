import { ConfigurableModuleBuilder } from '@nestjs/common';

/** Which pages there are here. What is off answers 404 with a page that says how to turn it on. */
export interface PagesOptions {
  /** The operators' dashboard at `/admin`: whoever opens it has to sign in, so there must be a password. */
  readonly admin: boolean;
  /** The simulated phone at `/inbox`: it shows codes, so in simulation only. */
  readonly inbox: boolean;
}

export const { ConfigurableModuleClass: PagesModuleBase, MODULE_OPTIONS_TOKEN: PAGES_OPTIONS } =
  new ConfigurableModuleBuilder<PagesOptions>({ moduleName: 'Pages' }).setClassMethodName('forRoot').build();
