import type { Message } from './types';

export interface Conversation {
  readonly phone: string;
  readonly count: number;
  readonly newest: Message;
}

/** As the API searches: in body, number or code; a number is found however it is spelled. */
export function matches({ body, phone, code = '' }: Message, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  const digits = /^[\d\s+().-]+$/.test(wanted) ? wanted.replace(/\D/g, '') : '';
  return body.toLowerCase().includes(wanted) || (digits !== '' && (phone.includes(digits) || code.includes(digits)));
}

/** @param messages oldest first @returns whoever was texted last first */
export function conversationsOf(messages: readonly Message[]): Conversation[] {
  const found = new Map<string, Conversation>();
  for (const newest of messages) {
    const count = (found.get(newest.phone)?.count ?? 0) + 1;
    found.delete(newest.phone);
    found.set(newest.phone, { phone: newest.phone, count, newest });
  }
  return [...found.values()].reverse();
}
