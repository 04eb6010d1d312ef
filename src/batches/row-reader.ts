import { createHash } from 'node:crypto';

import { Inject, Injectable } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';

import { DestinationPolicy } from '../fraud/index.js';
import { DomainError, KeyRing, PhoneNumber } from '../kernel/index.js';
import { MessageWriter, type Content } from '../messages/index.js';
import { Pricing, SmsService, type Channel } from '../sms/index.js';
import { BatchRowDto, REF } from './batch.dto.js';
import { BATCHES_OPTIONS, type BatchesOptions } from './batches.options.js';
import type { RawRow } from './rows/rows-of.js';

/** A row that can be sent. */
export interface GoodRow {
  /** The same for the same batch and ref, whenever it comes. */
  readonly id: string;
  readonly ref: string;
  readonly row: number;
  readonly phone: PhoneNumber;
  readonly content: Content;
  readonly locale: string | null;
  readonly channel: Channel;
  readonly segments: number;
  /** By the price list, at who is asked first. */
  readonly costMicros: number;
}

export interface BadRow {
  readonly ref: string;
  readonly row: number;
  readonly code: string;
  readonly detail: string;
}

/** Bytes of one row. */
export const LONGEST_ROW = 16_384;
const UTF_8 = new TextDecoder('utf-8', { fatal: true });
const RULES = { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true, stopAtFirstError: true };

/** A row that cannot be sent, and why: never with what was in it. */
class RowFault extends Error {
  constructor(
    readonly code: string,
    readonly detail: string,
  ) {
    super(detail);
  }
}

/** Reads rows and says what is wrong with them, before any money. */
@Injectable()
export class RowReader {
  constructor(
    private readonly writer: MessageWriter,
    private readonly destinations: DestinationPolicy,
    private readonly sms: SmsService,
    private readonly pricing: Pricing,
    private readonly keys: KeyRing,
    @Inject(BATCHES_OPTIONS) private readonly options: BatchesOptions,
  ) {}

  /** @param row where it stands, from 1: its ref, if it has none */
  read(raw: RawRow, row: number, batch: string): GoodRow | BadRow {
    let ref = String(row);
    try {
      const value = parse(raw);
      if (isThePhone(value['ref'], value['to'])) throw invalid('ref must not be the phone: it is kept in the clear');
      ref = refIn(value) ?? ref;
      const given = checked(value);
      const phone = PhoneNumber.parse(given.to, this.options.defaultRegion);
      const { locale = null, channel } = given;
      this.destinations.admit(phone, channel);
      const provider = this.sms.firstFor({ to: phone, channel });
      if (provider === null) throw new RowFault('CHANNEL_UNAVAILABLE', `No provider here carries ${channel}.`);
      const content = this.writer.contentOf(given);
      const { segments } = this.writer.write(content, phone, locale);
      const costMicros = this.pricing.price(segments, phone.country ?? null, provider, channel);
      return { id: idOf(batch, ref), ref, row, phone, content, locale, channel, segments, costMicros };
    } catch (error) {
      if (error instanceof RowFault) return { ref, row, code: error.code, detail: error.detail };
      if (error instanceof DomainError) return { ref, row, code: error.code, detail: error.message };
      throw error;
    }
  }

  /** As the database holds it. */
  sealed({ id, phone, content }: GoodRow) {
    const key = this.keys.lookupKey('phone', phone.line);
    return { key, phone: this.keys.seal(phone.e164, key).data, body: this.writer.seal(id, content) };
  }
}

const invalid = (detail: string) => new RowFault('INVALID_REQUEST', detail);

/** @throws {RowFault} */
function parse(raw: RawRow): Record<string, unknown> {
  if (raw === undefined) throw invalid(`is longer than ${LONGEST_ROW} bytes`);
  let value: unknown;
  try {
    value = JSON.parse(UTF_8.decode(raw));
  } catch {
    throw invalid('is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid('is no object');
  if (Object.keys(value).some((name) => name in Object.prototype)) throw invalid('has a member that no row has');
  return value as Record<string, unknown>;
}

/** @throws {RowFault} */
function checked(value: Record<string, unknown>): BatchRowDto {
  const row = plainToInstance(BatchRowDto, value);
  const [fault] = validateSync(row, RULES);
  if (!fault) return row;
  const { constraints = {} } = fault;
  const isUnknown = 'whitelistValidation' in constraints;
  throw invalid(isUnknown ? 'has a member that no row has' : (Object.values(constraints)[0] ?? 'is of another shape'));
}

/** Of a row that may have other faults. */
function refIn({ ref }: Record<string, unknown>): string | undefined {
  return typeof ref === 'string' && REF.test(ref) ? ref : undefined;
}

/** Its digits are the number's, or end like it. */
function isThePhone(ref: unknown, to: unknown): boolean {
  const [digits, phone] = [String(ref).replace(/\D/g, ''), String(to).replace(/\D/g, '')];
  return digits.length >= 7 && phone.length >= 7 && (digits.endsWith(phone.slice(-7)) || phone.endsWith(digits));
}

/** A UUID (RFC 9562, version 8) of batch and ref. */
export function idOf(batch: string, ref: string): string {
  const hex = createHash('sha256').update(`${batch}\0${ref}`).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
