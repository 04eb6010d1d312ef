import { Injectable } from '@nestjs/common';

import type { PhoneNumber } from '../../kernel/index.js';
import type { ClaimedRow } from './outbox.sql.js';

/** What goes out. */
export interface Rendered {
  readonly body: string;
  /** As in `SmsMessage`. */
  readonly code?: string;
  readonly locale?: string;
}

/** Makes the text of a message anew. Undefined when nobody needs it any more. */
export type Render = (message: ClaimedRow, phone: PhoneNumber) => Promise<Rendered | undefined>;

/** The database holds no texts: who writes messages of a kind says here how their text is made again. */
@Injectable()
export class MessageTexts {
  private others: Render | undefined;
  private readonly renderers = new Map<string, Render>();

  register(template: string, render: Render): void {
    this.renderers.set(template, render);
  }

  /** For what belongs to no verification, whatever its template. */
  registerOthers(render: Render): void {
    this.others = render;
  }

  async textOf(message: ClaimedRow, phone: PhoneNumber): Promise<Rendered | undefined> {
    const others = message.verification_id === null ? this.others : undefined;
    const render = others ?? this.renderers.get(message.template);
    if (!render) throw new Error(`Nobody knows how to write a message of kind "${message.template}".`);
    return render(message, phone);
  }
}
