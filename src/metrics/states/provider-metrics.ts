import { Injectable } from '@nestjs/common';

import { Rotation, type StandingState } from '../../sms/index.js';
import { Metrics } from '../metrics.js';

const STATES: readonly StandingState[] = ['in_rotation', 'suspended', 'on_trial', 'held'];

/** Where each provider stands, as this instance sees it. */
@Injectable()
export class ProviderMetrics {
  constructor(rotation: Rotation, metrics: Metrics) {
    const states = metrics.gauge('sixdigit_provider_state', '1 where the provider stands so, 0 where it does not', [
      ...['provider', 'state'],
    ]);
    const ages = metrics.gauge('sixdigit_provider_state_age_seconds', 'How long it has stood so', ['provider']);
    metrics.collect(() => {
      for (const { name: provider, state, sinceMs } of rotation.standings()) {
        for (const each of STATES) states.set({ provider, state: each }, each === state ? 1 : 0);
        ages.set({ provider }, sinceMs / 1_000);
      }
    });
  }
}
