import { Injectable } from '@nestjs/common';

import { KeyRing, type PhoneNumber } from '../kernel/index.js';
import { checkLength, MessageTexts, segmentsOf, Templates, type ClaimedRow, type Wording } from '../sms/index.js';
import { BodyOrTemplate } from './messages.errors.js';

/** What a text says: itself, or what a template makes of it. */
export type Content =
  | { readonly body: string }
  | { readonly template: string; readonly variables: Readonly<Record<string, string | number>> };

export interface SealedContent {
  readonly id: string;
  readonly template: string;
  readonly key_version: number;
  readonly body_sealed: Uint8Array | null;
}

/** The kind of a text that no template makes. */
const FREE = 'text';

/** Writes texts that belong to no verification, and keeps what they say unreadable: words and variables tell of people alike. */
@Injectable()
export class MessageWriter {
  constructor(
    private readonly keys: KeyRing,
    private readonly templates: Templates,
    texts: MessageTexts,
  ) {
    texts.registerOthers((message, phone) => {
      const content = this.open(message);
      return Promise.resolve(content && this.writeAgain(content, phone, message));
    });
  }

  /** @throws {BodyOrTemplate} */
  contentOf(given: {
    body?: string;
    template?: string;
    variables?: Readonly<Record<string, string | number>>;
  }): Content {
    const { body, template, variables } = given;
    if (body !== undefined && template === undefined && variables === undefined) return { body };
    if (body === undefined && template !== undefined) return { template, variables: variables ?? {} };
    throw new BodyOrTemplate();
  }

  /** Its name in `messages.template`. */
  kindOf(content: Content): string {
    return 'body' in content ? FREE : content.template;
  }

  /** @throws {EmptyMessage | MessageTooLong}, and for a template that there is not, or that lacks a variable */
  write(content: Content, to: PhoneNumber, locale: string | null, variant: string | null = null): Wording {
    const wording = this.wordingOf(content, to, locale, variant);
    checkLength(wording.body);
    return wording;
  }

  /** The same wording, whatever its template says by now. */
  private async writeAgain(content: Content, to: PhoneNumber, message: ClaimedRow): Promise<Wording> {
    const { locale, template_version: version, variant } = message;
    if ('body' in content) return this.write(content, to, locale);
    return this.templates.renderAgain(
      { ...content, locale, country: to.country ?? null, variant },
      { locale, version, variant },
    );
  }

  seal(id: string, content: Content): Uint8Array {
    const said = 'body' in content ? { body: content.body } : { variables: content.variables };
    return this.keys.seal(JSON.stringify(said), Buffer.from(id)).data;
  }

  /** Undefined once it was erased. @throws {SecretGone} */
  open({ id, template, key_version: version, body_sealed: data }: SealedContent): Content | undefined {
    if (!data) return undefined;
    const said = JSON.parse(this.keys.open({ version, data }, Buffer.from(id))) as
      | { body: string }
      | { variables: Record<string, string | number> };
    return 'body' in said ? said : { template, ...said };
  }

  private wordingOf(content: Content, to: PhoneNumber, locale: string | null, variant: string | null): Wording {
    const country = to.country ?? null;
    if (!('body' in content)) return this.templates.render({ ...content, locale, country, variant });
    const { body } = content;
    return { body, locale: locale ?? 'und', version: null, variant: null, segments: segmentsOf(body) };
  }
}
