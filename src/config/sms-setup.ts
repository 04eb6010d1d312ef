import { readVariables, type Source } from '../kernel/index.js';
import { isMock, type ProviderDefinition } from '../sms/index.js';
import { clashes } from './aliases.js';
import type { ConfiguredProvider, SmsMode } from './app-config.js';
import { check, type Checked } from './check.js';
import type { ConfigFault } from './config-refusal.js';
import type { Environments } from './environments.js';
import { DISABLED, MOCK, providerNames } from './provider-names.js';
import { senderWarnings } from './sender-warnings.js';

/** Which providers carry texts, and why those. */
export interface SmsSetup {
  readonly mode: SmsMode;
  readonly modeReason: string;
  readonly providers: readonly ConfiguredProvider[];
  /** All that credentials are there for or that are named, and that could be used as they are. */
  readonly usable: readonly ConfiguredProvider[];
  readonly faults: readonly ConfigFault[];
  readonly warnings: readonly string[];
}

interface Candidate extends Checked<object> {
  readonly definition: ProviderDefinition;
}

/** Decides by the operator's wish, and without one by the credentials found. */
export function smsSetup(
  environments: Environments,
  definitions: readonly ProviderDefinition[],
  source: Source,
): SmsSetup {
  const { SMS_PROVIDERS, SMS_SIMULATION_MODE } = environments.sms;
  const production = environments.server.NODE_ENV === 'production';
  const candidates = definitions.map((definition) => ({ definition, ...check(definition.environment, source) }));
  const known = definitions.map(({ name }) => name);
  const { names, faults } = SMS_PROVIDERS ? providerNames(SMS_PROVIDERS, known) : { names: undefined, faults: [] };
  const credentialed = candidates.filter(
    ({ definition, env }) => !isMock(definition.name) && definition.credentialed(env),
  );
  const live = names
    ? names.flatMap((name) => candidates.filter(({ definition }) => definition.name === name))
    : credentialed;

  const wish = wishedMode(SMS_SIMULATION_MODE, names);
  // Half credentials are harmless where nothing is to be sent; production refuses them even there.
  // Credentials that are there for lookups alone are not half of anything.
  const { LOOKUP_PROVIDER } = environments.lookups;
  const ofTexts = credentialed.filter(({ definition }) => !names || definition.name !== LOOKUP_PROVIDER);
  const meant = wish && !production ? [] : [...new Set([...live, ...ofTexts])];
  const allFaults = [...faults, ...meant.flatMap((candidate) => candidateFaults(candidate, names, environments))];
  const usable = [...new Set([...live, ...ofTexts])].filter(
    ({ definition, env, faults: own }) => own.length === 0 && definition.missing(env).length === 0,
  );
  const setup = wish ?? (live.length > 0 ? liveMode(live) : withoutCredentials(definitions, production));

  const used = { live, simulation: candidates.filter(({ definition }) => isMock(definition.name)), disabled: [] }[
    setup.mode
  ];
  return {
    ...setup,
    providers: used.map(({ definition, env }) => ({ definition, env })),
    usable: usable
      .filter(({ definition }) => definition.name !== MOCK)
      .map(({ definition, env }) => ({ definition, env })),
    faults: allFaults,
    warnings: used.flatMap(({ definition, env }) => [
      ...clashes(definition.environment, source),
      ...senderWarnings(definition.name, definition.pool?.(env) ?? { senders: [] }),
    ]),
  };
}

type Mode = Pick<SmsSetup, 'mode' | 'modeReason'>;

function wishedMode(simulation: boolean, names: readonly string[] | undefined): Mode | undefined {
  // An unreadable text is still a text here; validation has named it.
  if (simulation === true) return { mode: 'simulation', modeReason: 'SMS_SIMULATION_MODE is on' };
  if (names?.includes(MOCK)) return { mode: 'simulation', modeReason: `SMS_PROVIDERS is ${MOCK}` };
  if (names?.includes(DISABLED)) return { mode: 'disabled', modeReason: `SMS_PROVIDERS is ${DISABLED}` };
  return undefined;
}

function liveMode(live: readonly Candidate[]): Mode {
  return { mode: 'live', modeReason: live.map(({ definition }) => definition.name).join(', then ') };
}

function withoutCredentials(definitions: readonly ProviderDefinition[], production: boolean): Mode {
  const modeReason = 'no provider credentials were found';
  if (!production) return { mode: 'simulation', modeReason };
  const ways = definitions.filter(({ name }) => !isMock(name)).map(wayToSet);
  return { mode: 'disabled', modeReason: `${modeReason}; set ${ways.join('; or ')}` };
}

/** Such as `A, B, C or D for twilio`; a provider that needs no credentials of its own is only to be named. */
function wayToSet({ name, environment, ...definition }: ProviderDefinition): string {
  const names = definition.missing(readVariables(environment, {}));
  return names.length > 0 ? `${names.join(', ')} for ${name}` : `SMS_PROVIDERS=${name}`;
}

function candidateFaults(
  { definition, env, faults }: Candidate,
  names: readonly string[] | undefined,
  environments: Environments,
): ConfigFault[] {
  const { name } = definition;
  const used = !names || names.includes(name);
  const way = names?.includes(name) ? `take ${name} out of SMS_PROVIDERS` : `unset the other variables of ${name}`;
  const missing = definition.missing(env).map((variable) => ({
    name: variable,
    problem: `is unset, and ${name} cannot work without it (CREDENTIALS_MISSING).`,
    mend: `Set it, or ${way}.`,
  }));
  // What is not used may say what it likes, but half credentials are a mistake that somebody wants to hear of.
  return [
    ...(used ? [...faults, ...reportFaults(definition.asksForReportsIn?.(env) ?? [], environments)] : []),
    ...missing,
  ];
}

/** An address that comes out empty would turn reports off, and nobody would hear of it. */
function reportFaults(askedIn: readonly string[], { server, secrets }: Environments): ConfigFault[] {
  const { PUBLIC_BASE_URL } = server;
  const { SMS_WEBHOOK_SECRET } = secrets;
  const unset = Object.entries({ PUBLIC_BASE_URL, SMS_WEBHOOK_SECRET }).filter(([, value]) => !value);
  return askedIn.flatMap((asking) =>
    unset.map(([name]) => ({
      name,
      problem: `is unset, and {reportUrl} in ${asking} is nothing without it.`,
      mend: `Set it, or take {reportUrl} out of ${asking}.`,
    })),
  );
}
