/** What can be had of this room without its providers: commands begin with it. */
export { CHANNELS, type Channel } from './provider/channel.js';
