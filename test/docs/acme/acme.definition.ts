import { IsOptional, IsString, Matches } from 'class-validator';

import { Env } from '../../../src/kernel/index.js';
import type { ProviderDefinition } from '../../../src/sms/provider/provider-definition.js';
import { IsSecureUrl } from '../../../src/sms/provider/secure-url.js';
import { AcmeProvider } from './acme.provider.js';

export class AcmeEnvironment {
  @Env({ about: "Acme's API key.", example: 'acme-0123456789' })
  @IsOptional()
  @IsString()
  ACME_API_KEY?: string;

  @Env({ about: 'What its texts come from.', example: 'Sixdigit' })
  @Matches(/^[A-Za-z][A-Za-z0-9]{0,10}$/, { message: '$property must be 1 to 11 letters and digits, a letter first.' })
  ACME_SENDER: string = 'Sixdigit';

  @Env({ about: 'Another address for its API.', example: 'https://api.acme.example' })
  @IsSecureUrl()
  ACME_BASE_URL: string = 'https://api.acme.example';
}

export const acme: ProviderDefinition<AcmeEnvironment> = {
  name: 'acme',
  environment: AcmeEnvironment,
  credentialed: (env) => Boolean(env.ACME_API_KEY),
  missing: (env) => (env.ACME_API_KEY ? [] : ['ACME_API_KEY']),
  create: ({ ACME_API_KEY = '', ACME_SENDER, ACME_BASE_URL }) =>
    new AcmeProvider({ apiKey: ACME_API_KEY, sender: ACME_SENDER, baseUrl: ACME_BASE_URL }),
};
