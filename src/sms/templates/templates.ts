import { segmentsOf } from '../pricing/segments.js';

/** What is to be said, to whom. */
export interface WordingRequest {
  /** Such as `verification`. */
  readonly template: string;
  /** BCP 47, as it was asked for; the number's country decides where it was not. */
  readonly locale?: string | null;
  /** ISO 3166-1 alpha-2 of the phone. */
  readonly country?: string | null;
  readonly variables: Readonly<Record<string, string | number>>;
  /** Where several wordings are tried, the name of one. */
  readonly variant?: string | null;
}

/** A text as a person reads it. */
export interface Wording {
  readonly body: string;
  /** That it is written in. */
  readonly locale: string;
  /** Of the template; null: it has none. */
  readonly version: number | null;
  readonly variant: string | null;
  /** It is billed as. */
  readonly segments: number;
}

/** Writes texts. In memory, at once: it is asked before every send. */
export class Templates {
  render({ variables }: WordingRequest): Wording {
    const { code, brand, expiryMinutes, machineLine } = variables;
    const text = `${code} is your ${brand} code. It expires in ${expiryMinutes} min. Do not share it.`;
    const body = machineLine ? `${text}\n\n${machineLine}` : text;
    return { body, locale: 'en', version: null, variant: null, segments: segmentsOf(body) };
  }
}
