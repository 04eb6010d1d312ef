/** What can be had of this room without its variables and those of every provider: commands begin with it. */
export { ConfigRefusal } from './config-refusal.js';
export { environment } from './environment-source.js';
export { hardToGuess } from './variables/guessed-words.js';
