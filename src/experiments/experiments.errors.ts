import { DomainError } from '../kernel/index.js';

export class ExperimentUnreadable extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  constructor(
    message: string,
    override readonly hint: string,
  ) {
    super(message);
  }
}

export class ExperimentRunning extends DomainError {
  readonly kind = 'conflict';
  readonly code = 'EXPERIMENT_RUNNING';
  override readonly hint = 'Stop that one first: GET /v1/admin/experiments, or experiments list, shows it.';

  constructor(template: string) {
    super(`Wordings of "${template}" are being tried already.`);
  }
}

export class ExperimentNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'Take the id that GET /v1/admin/experiments, or experiments list, shows.';

  constructor(what = 'There is no such experiment.') {
    super(what);
  }
}
