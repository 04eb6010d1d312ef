import type { ProviderDefinition } from '../provider/provider-definition.js';
import { awsSns } from './aws-sns/aws-sns.definition.js';
import { http } from './http/http.definition.js';
import { mock, mockBackup } from './mock/mock.definition.js';
import { twilio } from './twilio/twilio.definition.js';

/** Every kind of provider, in the order in which they are preferred when SMS_PROVIDERS does not say. */
export const providerDefinitions: readonly ProviderDefinition[] = [twilio, awsSns, http, mock, mockBackup];
