/** Seconds until the next text may be asked for, by how many went before. */
export const COOLDOWNS_SECS = [30, 60, 120] as const;
