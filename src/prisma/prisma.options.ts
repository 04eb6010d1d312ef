import { ConfigurableModuleBuilder } from '@nestjs/common';

/** Where the rows live. */
export type PrismaOptions =
  | { readonly kind: 'pglite'; readonly dataDir: string }
  | { readonly kind: 'postgres'; readonly url: string; readonly maxConnections?: number };

export const { ConfigurableModuleClass: PrismaModuleBase, MODULE_OPTIONS_TOKEN: PRISMA_OPTIONS } =
  new ConfigurableModuleBuilder<PrismaOptions>({ moduleName: 'Prisma' })
    .setClassMethodName('forRoot')
    .setExtras({}, (definition) => ({ ...definition, global: true }))
    .build();
