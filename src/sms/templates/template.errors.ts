import { DomainError } from '../../kernel/index.js';

/** One thing wrong with a template, and how to mend it; the author's words, with the line. */
export class TemplateFault extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';
  override readonly hint: string;

  constructor(
    readonly line: number,
    readonly problem: string,
    readonly mend: string,
  ) {
    super(`Line ${line} of the template: ${problem}`);
    this.hint = mend;
  }
}

/** A template wants something that it was not given, or that no text may carry. Nothing was sent, nothing was spent. */
export class VariableRefused extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'INVALID_REQUEST';

  constructor(
    readonly variable: string,
    problem: string,
    override readonly hint: string,
  ) {
    super(`The variable "${variable}" ${problem}.`);
  }
}

export class TemplateNotFound extends DomainError {
  readonly kind = 'not_found';
  readonly code = 'NOT_FOUND';
  override readonly hint = 'GET /v1/admin/templates, or templates list, shows those that there are.';

  constructor(what: string) {
    super(`There is no template ${what}.`);
  }
}
