import { DomainError } from '../kernel/index.js';

export class BatchNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'GET /v1/messages/batch lists them.';

  constructor() {
    super('There is no such batch.');
  }
}

export class NotAnArray extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint =
    'Send one JSON array of rows, or NDJSON, a row a line, as application/x-ndjson. What came before the fault is kept: send it all again with the same id.';

  constructor() {
    super('The body is no JSON array.');
  }
}

export class TooManyRows extends DomainError {
  readonly kind = 'too_large';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Send the rest as further requests with the same id, all but the last with more=true.';

  constructor(most: number) {
    super(`One request brings at most ${most} rows.`);
  }
}

export class UploadInterrupted extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'UPLOAD_INTERRUPTED';
  override readonly retryAfterSecs = 5;
  override readonly hint = 'What came is kept. Send it all again with the same id: no row is taken twice.';

  constructor() {
    super('The rows were not read to their end.');
  }
}

/** What was asked for cannot be done to a batch that is where this one is. */
export class BatchHasEnded extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'BATCH_ENDED';
  override readonly hint = 'Begin another batch, with an id of its own.';

  constructor(status: string) {
    super(`This batch is ${status}.`);
  }
}

export class InvalidBatchId extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Make one for each batch, or leave it out.';

  constructor() {
    super('The id of a batch is a UUID.');
  }
}

export class NotRows extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint = 'Send NDJSON as application/x-ndjson, or a JSON array as application/json; not compressed.';

  constructor() {
    super('The body has no rows that can be read here.');
  }
}
