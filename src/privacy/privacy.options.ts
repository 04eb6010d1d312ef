import type { Type } from '@nestjs/common';

import type { CountryCode, PersonalData } from '../kernel/index.js';

export interface RetentionOptions {
  /** How long verifications, texts and tries are kept. */
  readonly days: number;
  /** How often what is too old is taken away; an hour. */
  readonly everyMs?: number;
}

/** What the program needs beyond what commands do. */
export interface ProgramOptions {
  readonly retention: RetentionOptions;
  readonly defaultRegion: CountryCode;
}

export interface PrivacyOptions {
  /** Who keeps something about phones. Whose rows make others write comes before those, and `LimitsData` last. */
  readonly rooms: readonly Type<PersonalData>[];
  /** Undefined in a command: no routes, and nothing is taken away by its age. */
  readonly program?: ProgramOptions;
}

export const PROGRAM_OPTIONS = Symbol('ProgramOptions');

/** Every room's, in order. */
export const Rooms = Symbol('Rooms');
export type Rooms = readonly PersonalData[];
