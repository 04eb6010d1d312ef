import { percent, usd } from '../shared/format';

interface SpendMeterProps {
  readonly cap: number;
  readonly booked: number;
  readonly reserved: number;
}

/** How much of the day's cap is used. */
export function SpendMeter({ cap, booked, reserved }: SpendMeterProps) {
  const held = booked + reserved;
  const share = cap === 0 ? 1 : held / cap;
  return (
    <div class="stack tight">
      <p>
        <strong>{usd(held)}</strong> of {usd(cap)} <span class="muted">({percent(share)})</span>
      </p>
      <div
        class={`meter ${share >= 0.95 ? 'bad' : share >= 0.8 ? 'warn' : ''}`}
        role="meter"
        aria-label="Spend of the day's cap"
        aria-valuemin={0}
        aria-valuemax={cap}
        aria-valuenow={Math.min(held, cap)}
        aria-valuetext={`${usd(held)} of ${usd(cap)}`}
      >
        <span style={{ width: `${Math.min(share, 1) * 100}%` }} />
      </div>
    </div>
  );
}
