import type { Hidden } from './step.js';

/** Commands of pages that are read first, and so carry no marks; by how the block begins. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  'npm start ': 'docs/quickstart.md has it, and so have all pages: the program that they talk to is that one',
  'npm run check': 'runs this very test',
  'TEST_DATABASE_URL=': 'runs this very test',
};

/** What such a page would say in comments, before the step that begins so. */
export const BEFORE: Readonly<Record<string, readonly Hidden[]>> = {
  'import { createRemoteJWKSet': [
    {
      kind: 'let',
      name: 'proof',
      text: `curl -s localhost:3000/v1/verifications -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d '{"phone":"+14155552673","purpose":"checkout"}' |
        jq -r '"\\(.id) \\(.testCode)"' | while read -r id code; do
          curl -s localhost:3000/v1/verifications/$id/check -H "Authorization: Bearer $KEY" -H 'Content-Type: application/json' -d "{\\"code\\":\\"$code\\"}" | jq -r .proof
        done`,
    },
  ],
};
