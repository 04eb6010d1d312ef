/** What can be had of this room without Nest and Prisma: commands begin with it. */
export { EVENT_TYPES, type EventType } from './event-types.js';
