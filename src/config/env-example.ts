import { variablesOf, type Variable } from '../kernel/index.js';
import type { ProviderDefinition } from '../sms/index.js';
import { ENVIRONMENTS } from './environments.js';
import { SECRETS_IN_FILES } from './secret-files.js';

export const HEADINGS: Readonly<Record<keyof typeof ENVIRONMENTS, string>> = {
  server: 'Server',
  secrets: 'Secrets',
  storage: 'Storage',
  sms: 'Texts',
  batches: 'Batches',
  limits: 'Limits',
  verification: 'Phones and verifications',
  testNumbers: 'Test numbers',
  webhooks: 'Webhooks',
  auth: 'Login',
  privacy: 'Privacy',
  fraud: 'Fraud',
  lookups: 'Lookups',
  routing: 'Routing',
  tracing: 'Traces',
  cli: 'Commands that talk to a running program',
};

const PREFACE = `# Copy this file to .env and take the # off what you need: as it is, it changes nothing.
# Variables of the process win over .env. Secrets in here are examples, which production refuses.
# ${SECRETS_IN_FILES.join(', ')}
# may stand in files instead: NAME_FILE=/run/secrets/name.
# It is written from the environment classes by: UPDATE_ENV_EXAMPLE=1 npx jest src/config
`;

/** The text of .env.example: every variable that is read, with its meaning, its other names and a value that works. */
export function exampleFile(definitions: readonly ProviderDefinition[]): string {
  const own = Object.entries(ENVIRONMENTS).map(([key, environment]) =>
    section(HEADINGS[key as keyof typeof ENVIRONMENTS], environment),
  );
  const providers = definitions.map(({ name, environment }) => section(`Provider ${name}`, environment));
  return [PREFACE, ...own, ...providers].filter(Boolean).join('\n');
}

function section(heading: string, environment: new () => object): string {
  const variables = variablesOf(environment);
  return variables.length > 0 ? `## ${heading}\n\n${variables.map(entry).join('\n')}` : '';
}

function entry({ name, aliases, about, example }: Variable): string {
  const also = aliases?.length ? ` Also read from ${aliases.join(', ')}.` : '';
  return `# ${about}${also}\n# ${name}=${quoted(example)}\n`;
}

/** Node reads a value in single quotes as it is. */
const quoted = (value: string): string => (/["`#\s]/.test(value) ? `'${value}'` : value);
