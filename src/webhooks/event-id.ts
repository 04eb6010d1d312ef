/** As receivers see it, in `webhook-id`. */
export const eventIdOf = (id: string): string => `evt_${id.replaceAll('-', '')}`;
