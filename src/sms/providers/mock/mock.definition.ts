import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { MockProvider } from './mock.provider.js';

class MockEnvironment {}

export const mock: ProviderDefinition<MockEnvironment> = {
  name: 'mock',
  environment: MockEnvironment,
  credentialed: () => false,
  missing: () => [],
  create: () => new MockProvider(),
};
