import { IsArray } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { isAddressRange, passes, saying } from './rules.js';

export class WebhooksEnvironment {
  @Env({
    about: 'Networks of your own that webhooks may go to although they are not public; unset: none.',
    example: '10.20.0.0/16',
  })
  @IsArray(saying('must be addresses separated by commas'))
  @passes('isAddressRange', isAddressRange, {
    ...saying('must be IP addresses or ranges such as 10.0.0.0/8, separated by commas'),
    each: true,
  })
  WEBHOOK_PRIVATE_NETWORKS: string[] = [];
}
