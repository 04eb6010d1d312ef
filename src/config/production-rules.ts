import type { ConfigFault } from './config-refusal.js';
import type { Environments } from './environments.js';
import { MOCK } from './provider-names.js';
import { secretFaults } from './variables/secret-rules.js';

/** What development allows and production does not; half-configured providers are found with the providers. */
export function productionFaults({ server, secrets, sms }: Environments): ConfigFault[] {
  const faults = secretFaults(secrets);
  // Only what is a URL at all; the rest has its own fault.
  if (server.PUBLIC_BASE_URL?.toLowerCase().startsWith('http:')) {
    faults.push({
      name: 'PUBLIC_BASE_URL',
      problem: 'must be https:// in production.',
      mend: 'Put TLS in front of this server.',
    });
  }
  const simulation = { problem: 'asks for simulation, which production refuses.', mend: 'Unset it.' };
  // An unreadable text is still a text here, and has its own fault.
  if (sms.SMS_SIMULATION_MODE === true) faults.push({ name: 'SMS_SIMULATION_MODE', ...simulation });
  if (sms.SMS_PROVIDERS?.some((name) => name.toLowerCase() === MOCK)) {
    faults.push({ name: 'SMS_PROVIDERS', ...simulation });
  }
  return faults;
}
