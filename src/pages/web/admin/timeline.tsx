import type { Tone } from '../shared/badge';
import { Empty } from '../shared/loaded';
import { Time } from '../shared/time';
import { describeStep } from './steps';
import type { Step } from './types/step';

/** What happened, in order; each with what is known about it. */
export function Timeline({ steps }: { readonly steps: readonly Step[] }) {
  if (steps.length === 0) return <Empty>Nothing of it is recorded any more.</Empty>;
  return (
    <ol class="timeline">
      {steps.map((step, index) => {
        const { title, details, tone } = describeStep(step);
        return (
          <li key={`${step.at} ${index}`} data-step={step.kind}>
            <Moment step={step} />
            <span class={`dot ${tone ?? ('quiet' satisfies Tone)}`} aria-hidden="true" />
            <div class="what">
              <h3>{title}</h3>
              {details.length > 0 && <p>{details.join(' · ')}</p>}
            </div>
          </li>
        );
      })}
    </ol>
  );
}

const Moment = ({ step: { at, approximate } }: { readonly step: Step }) => (
  <span class="when">
    {approximate && <span title="At this time or before">≤ </span>}
    <Time at={at} isClock />
  </span>
);
