import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { createApp } from '../app.js';
import { readConfig } from '../config/index.js';
import { JsonLogger, openApi } from '../http/index.js';
import { version } from '../version.js';

/** `write` puts the contract into openapi.json; `check` says whether it is there already. */
const command = process.argv[2] ?? 'write';
const file = fileURLToPath(new URL('../../openapi.json', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'sixdigit-openapi-'));

const app = await createApp(readConfig({ DATA_DIR: dataDir, SMS_LOG_LEVEL: 'error' }), new JsonLogger('error'));
const document = `${JSON.stringify(openApi(app, version), null, 2)}\n`;
await app.close();
rmSync(dataDir, { recursive: true });

if (command === 'write') {
  writeFileSync(file, document);
} else if (readFileSync(file, 'utf8') !== document) {
  console.error('openapi.json is not what the code answers. Mend it by: npm run openapi');
  process.exit(1);
}
