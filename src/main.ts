import { Logger } from '@nestjs/common';

import { createApp } from './app.js';
import { environment, readConfig } from './config/index.js';
import { explain } from './explain.js';
import { nextSteps } from './welcome.js';

try {
  const config = readConfig(environment());
  const app = await createApp(config);
  await app.listen(config.server.port, config.server.host);
  const url = await app.getUrl();
  const logger = new Logger('Sixdigit');
  logger.log(`Sixdigit is ready at ${url} - texts: ${config.sms.mode} (${config.sms.modeReason})`);
  if (config.sms.mode !== 'live') logger.warn(`no text leaves: ${config.sms.mode}, because ${config.sms.modeReason}`);
  for (const warning of config.warnings) logger.warn(warning);
  if (config.devApiKey) console.log(nextSteps(config, url, config.devApiKey));
} catch (error) {
  const { message, exitCode } = explain(error);
  console.error(message);
  process.exit(exitCode);
}
