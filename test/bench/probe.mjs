// Loaded before every measured program (node --import): tells what the process has used so far, all its threads together.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

import { answer } from './channel.mjs';

let statements = 0;
// The copy of pg that the program itself will load.
const { Client } = createRequire(pathToFileURL(process.argv[1]))('pg');
const query = Client.prototype.query;
Client.prototype.query = function (...args) {
  statements++;
  return query.apply(this, args);
};

answer('probe', () => {
  const { user, system } = process.cpuUsage();
  return {
    cpuMs: (user + system) / 1_000,
    rssMb: process.memoryUsage.rss() / 2 ** 20,
    peakMb: process.resourceUsage().maxRSS / 2 ** 10,
    statements,
  };
});
