import type { AppConfig } from '../config/index.js';
import { machineLineOf } from '../verification/index.js';

/** What templates are shown and measured with, instead of a code that somebody was sent. */
export const samplesOf = ({ verification: { codeLength, ...text } }: AppConfig) => {
  const code = '1234567890'.slice(0, codeLength);
  return { code, machineLine: machineLineOf(code, text) };
};
