import { type Answers, fateAfter, IdempotencyConflict } from '../../src/idempotency/index.js';
import type { StartRequest, VerificationService } from '../../src/verification/index.js';
import { DomainError } from '../../src/kernel/index.js';

const codeOf = (failure: unknown) => (failure as { code?: string } | undefined)?.code;

/** What a start with an Idempotency-Key is answered: the verification, or the refusal that is kept. */
export interface KeyedAnswer {
  readonly id?: string;
  readonly refusal?: string;
}

/** What the interceptor does around the controller, without their web server. @throws {DomainError} */
export async function startWithKey(
  answers: Answers,
  verifications: VerificationService,
  key: string,
  request: StartRequest,
): Promise<KeyedAnswer> {
  const name = ['app', '/v1/verifications', key] as const;
  const claim = await answers.claim({ name, content: ['/v1/verifications', JSON.stringify(request)] });
  if (claim.state === 'answered') return JSON.parse(claim.answer.body) as KeyedAnswer;
  if (claim.state === 'running') throw new IdempotencyConflict();
  if (claim.state !== 'ours') throw new Error('the same request is called another');
  let failure: unknown;
  const state = await verifications.start(request, claim.run).catch((error: unknown) => void (failure = error));
  const fate = fateAfter(failure);
  const body = JSON.stringify(state ? { id: state.id } : { refusal: codeOf(failure) });
  const settled = fate === 'keep' ? answers.keep(claim, { status: 201, headers: {}, body }) : answers[fate](claim);
  await settled.catch((error: unknown) => {
    if (!(error instanceof DomainError)) throw error;
  });
  if (failure !== undefined) throw failure as Error;
  return { id: state?.id };
}
