import { segmentsOf, Templates, type WordingRequest } from '../../src/sms/index.js';
import type { TestApp } from './app.js';

/** From now on the program has that wording, beside the plain one, in English only. */
export function giveWordings({ app }: TestApp, texts: Readonly<Record<string, string>>): void {
  const templates = app.get(Templates);
  const plain = templates.render.bind(templates);
  templates.render = (request: WordingRequest) => {
    const { variant, locale, variables } = request;
    if (locale?.startsWith('fr')) return { ...plain({ ...request, variant: null }), locale: 'fr' };
    const text = texts[variant ?? ''];
    if (text === undefined) return plain({ ...request, variant: null });
    const body = text.replace('{code}', String(variables.code));
    return { body, locale: 'en', version: null, variant: variant ?? null, segments: segmentsOf(body) };
  };
}
