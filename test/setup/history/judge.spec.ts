import type { Life } from './fleet.js';
import type { Op } from './history.js';
import { judge, type Evidence, type Truth } from './judge.js';

const PHONE = '+14155552671';
const PROBLEM = { 'content-type': 'application/problem+json', 'retry-after': '5' };

const life = (end?: Life['end']): Life => ({ program: { pid: 1 } as Life['program'], end });
const alive = life();
const truth: Truth = { id: 'v', phone: PHONE, code: '123456', status: 'pending', messages: 1, givenUp: 0 };
const text = { to: PHONE, code: '123456' };
const op = (more: Partial<Op>): Op => ({
  kind: 'check',
  life: alive,
  phone: PHONE,
  id: 'v',
  begin: 1,
  end: 2,
  ...more,
});
const sent = op({ kind: 'start', status: 201, body: { delivery: 'accepted' } });
const queued = op({ kind: 'start', status: 201, body: { delivery: 'queued' } });
const approval = op({ status: 200, guess: '123456', body: { valid: true } });
const wrong = (checksLeft: number) => op({ status: 200, guess: '000000', body: { valid: false, checksLeft } });
const approved = { ...truth, status: 'approved' };
const verdict = (evidence: Partial<Evidence>) =>
  judge({ ops: [], lives: [], truths: [truth], texts: [], limit: 1, maxChecks: 5, ...evidence });

describe('the judge of histories', () => {
  it('says nothing about what may be', () => {
    const unanswered = op({ silence: 'reset', life: life({ at: 2, by: 'SIGKILL' }) });
    const refused = op({ silence: 'refused', life: life({ at: 0, by: 'SIGTERM' }) });
    const down = op({ status: 503, headers: PROBLEM });
    const ops = [sent, wrong(4), wrong(3), approval, unanswered, refused, down];
    expect(verdict({ ops, truths: [approved], texts: [text, text] })).toEqual([]);
    expect(verdict({ ops: [queued], truths: [{ ...truth, givenUp: 1 }] })).toEqual([]);
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['a send that was lost', { ops: [queued] }, 'lost'],
    ['an accepted text that is nowhere', { ops: [sent], truths: [approved] }, '1 accepted, 0 sent'],
    ['a third text', { texts: [text, text, text], limit: 2 }, '3 texts for 1 messages'],
    ['a text without a verification', { texts: [{ to: PHONE, code: '654321' }] }, 'without a verification'],
    ['more texts than the limit', { ops: [sent, sent], texts: [text, text] }, 'more than 1 texts'],
    ['a verification that was forgotten', { ops: [{ ...sent, id: 'w' }, sent, sent], texts: [text, text] }, 'promised'],
    ['two approvals', { ops: [approval, approval], truths: [approved] }, '2 approvals'],
    ['a wrong code that was right', { ops: [{ ...approval, guess: '0' }], truths: [approved] }, 'for a wrong code'],
    ['a right code that was wrong', { ops: [{ ...wrong(4), guess: '123456' }] }, 'was called wrong'],
    ['a sixth guess', { ops: [5, 4, 3, 2, 1, 0].map(wrong) }, '6 guesses judged'],
    ['two guesses for one', { ops: [wrong(4), wrong(4)] }, 'counted as one'],
    ['a guess after the end', { ops: [approval, { ...wrong(4), begin: 3 }], truths: [approved] }, 'after the end'],
    ['an approval that is gone', { ops: [approval] }, 'approved, and then pending'],
    ['an approval out of nothing', { truths: [approved] }, 'approved by nobody'],
    ['a cancellation that is gone', { ops: [op({ kind: 'cancel', status: 200 })] }, 'canceled, and then pending'],
    ['a 500', { ops: [op({ status: 500 })] }, 'answered with 500'],
    ['a 503 that does not say until when', { ops: [op({ status: 503, headers: {} })] }, 'without Retry-After'],
    ['silence of a process that lives', { ops: [op({ silence: 'reset' })] }, 'should answer'],
    ['a timeout', { ops: [op({ silence: 'timeout', life: life({ at: 0, by: 'SIGKILL' }) })] }, 'should answer'],
    [
      'a request that SIGTERM cut off',
      { ops: [op({ silence: 'reset', end: 900, life: life({ at: 800, by: 'SIGTERM' }) })] },
      'should answer',
    ],
    [
      'an end that was none',
      { lives: [life({ at: 0, by: 'SIGTERM', exit: { code: 1, signal: null, ranMs: 1 } })] },
      'ended with 1',
    ],
  ])('sees %s', (_, evidence, fault) => {
    expect(verdict(evidence).join('\n')).toContain(fault);
  });
});
