import type { Source } from '../kernel/index.js';

/** What is kept secret, by how its variable is called. */
const SECRET = /SECRET|TOKEN|PASSWORD|API_KEY|ACCESS_KEY|HEADERS|SITE_KEY/;
const URLS = /_URL$|ENDPOINT$/;
/** Shorter texts are words of every report. */
const LEAST = 6;
/** Whole numbers, as of senders. */
const PHONE = /\+\d{7,15}/g;

/** The last line of defence: takes the environment's secrets and whole phones out of a text that should have none. */
export function redactor(source: Source): (text: string) => string {
  const secrets = [...new Set(Object.entries(source).flatMap(([name, value]) => secretsIn(name, value ?? '')))]
    .filter((secret) => secret.length >= LEAST)
    .sort((a, b) => b.length - a.length);
  return (text) =>
    secrets
      .reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
      .replace(PHONE, (phone) => `+******${phone.slice(-4)}`);
}

function secretsIn(name: string, value: string): string[] {
  if (SECRET.test(name)) return [value, ...value.split(',').map((item) => item.slice(item.indexOf(':') + 1))];
  if (!URLS.test(name) || !URL.canParse(value)) return [];
  const { password } = new URL(value);
  return [password, decodeURIComponent(password)];
}
