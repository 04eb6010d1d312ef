import type { ProviderDefinition } from '../../provider/provider-definition.js';
import { MockProvider } from './mock.provider.js';
import type { MOCKS } from './simulated-network.js';

class MockEnvironment {}

const mockNamed = (name: (typeof MOCKS)[number]): ProviderDefinition<MockEnvironment> => ({
  name,
  environment: MockEnvironment,
  credentialed: () => false,
  missing: () => [],
  create: () => new MockProvider({ name }),
});

export const mock = mockNamed('mock');
export const mockBackup = mockNamed('mock-backup');
