export { AppConfig } from './app-config.js';
export { AppConfigModule } from './app-config.module.js';
export { ConfigRefusal, type ConfigFault } from './config-refusal.js';
export { environment } from './environment-source.js';
export { readConfig, type ReadConfigOptions } from './read-config.js';
export { hardToGuess } from './variables/guessed-words.js';
export { PRICES_FILE, readPrices } from './prices.js';
