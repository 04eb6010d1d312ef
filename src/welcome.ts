import type { AppConfig } from './config/index.js';

/** For the person who just started the program in development: where things are, and two calls to copy. */
export function nextSteps({ sms, database }: AppConfig, url: string, apiKey: string): string {
  const headers = `-H 'Authorization: Bearer ${apiKey}' -H 'Content-Type: application/json'`;
  const simulated = sms.mode === 'simulation' ? ' (in simulation the answer above shows it as testCode)' : '';
  const inbox = sms.mode === 'simulation' ? `\n  simulated phone:     ${url}/inbox` : '';
  return `
  Sixdigit is ready at ${url}
  reference:           ${url}/docs${inbox}
  texts:               ${sms.mode} (${sms.modeReason})
  database:            ${database.kind === 'postgres' ? 'PostgreSQL' : `embedded, in ${database.dataDir}`}
  development API key: ${apiKey}

  Send a code:
    curl -s ${url}/v1/verifications ${headers} -d '{"phone":"+14155552671"}'

  Check it${simulated}:
    curl -s ${url}/v1/verifications/ID/check ${headers} -d '{"code":"CODE"}'
`;
}
