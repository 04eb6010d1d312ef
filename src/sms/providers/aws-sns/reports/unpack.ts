import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';

import { DomainError } from '../../../../kernel/index.js';

const inflate = promisify(gunzip);

/** Proven to be ours, but more than anybody sends who is set up as the documentation says. */
export class ReportsTooLarge extends DomainError {
  readonly kind = 'too_large';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Lower the buffer size of the Firehose stream to 1 MiB.';

  constructor() {
    super('Too much at once.');
  }
}

/** Inflates what one request holds, all of it together up to a bound of bytes. */
export class Unpacker {
  constructor(private left: number) {}

  /**
   * What was compressed, even in several parts one after the other; anything else as it is.
   * @throws {ReportsTooLarge}; undefined for what only looks compressed
   */
  async unpack(data: Buffer): Promise<Buffer | undefined> {
    const plain = isGzip(data) ? await this.inflated(data) : data;
    this.left -= plain?.length ?? 0;
    if (this.left < 0) throw new ReportsTooLarge();
    return plain;
  }

  private async inflated(data: Buffer): Promise<Buffer | undefined> {
    try {
      return await inflate(data, { maxOutputLength: Math.max(this.left, 1) });
    } catch (error) {
      if ((error as { code?: unknown }).code === 'ERR_BUFFER_TOO_LARGE') throw new ReportsTooLarge();
      return undefined;
    }
  }
}

const isGzip = (data: Buffer) => data[0] === 0x1f && data[1] === 0x8b;
