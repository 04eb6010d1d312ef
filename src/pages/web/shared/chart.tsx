import 'uplot/dist/uPlot.min.css';

import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';

export interface Bar {
  /** ISO 8601. */
  readonly at: string;
  /** The lower part, and what stands on it. */
  readonly values: readonly [number, number];
}

interface BarsProps {
  /** What it shows, in a sentence: it stands for the picture where there is none. */
  readonly summary: string;
  readonly names: readonly [lower: string, upper?: string];
  readonly bars: readonly Bar[];
  /** What stands on the lower part is nothing bad. */
  readonly isCalm?: boolean;
  readonly format: (value: number) => string;
  /** Seconds a bar stands for. */
  readonly stepSecs: number;
  /** What the axis reaches even when all bars are lower. */
  readonly reach: number;
}

const HEIGHT = 190;
const DAY_SECS = 86_400;
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: 'short' });
/** Days are of UTC wherever they are summed up. */
const calendar = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', timeZone: 'UTC' });
const formatOf = (stepSecs: number) => (stepSecs < DAY_SECS ? clock : calendar);
/** As it looks now: the variable itself holds both schemes. */
function colour(name: string): string {
  const probe = document.body.appendChild(document.createElement('span'));
  probe.style.color = `var(${name})`;
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
}

const toData = (bars: readonly Bar[]): uPlot.AlignedData => [
  bars.map(({ at }) => Date.parse(at) / 1_000),
  bars.map(({ values: [lower, upper] }) => lower + upper),
  bars.map(({ values: [lower] }) => lower),
];

/** Two stacked bars a step of time, in the theme's colours, also when that changes. */
export function Bars({ summary, names, bars, isCalm, format, stepSecs, reach }: BarsProps) {
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const latest = useRef(bars);
  latest.current = bars;
  const [pointed, setPointed] = useState<number | null>(null);

  useEffect(() => {
    const element = holder.current;
    if (!element) return;
    const draw = () => {
      plot.current?.destroy();
      plot.current = new uPlot(
        optionsOf(element.clientWidth, { isCalm, format, stepSecs, reach }, setPointed),
        toData(latest.current),
        element,
      );
    };
    draw();
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    scheme.addEventListener('change', draw);
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height: HEIGHT }));
    resized.observe(element);
    return () => {
      scheme.removeEventListener('change', draw);
      resized.disconnect();
      plot.current?.destroy();
    };
  }, [stepSecs]);
  useEffect(() => plot.current?.setData(toData(bars)), [bars]);

  const bar = pointed === null ? undefined : bars[pointed];
  return (
    <figure class="chart">
      <div ref={holder} role="img" aria-label={summary} />
      <figcaption class="row small">
        <span class="key lower">
          {names[0]}
          {bar && ` ${format(bar.values[0])}`}
        </span>
        {names[1] && (
          <span class={`key upper ${isCalm ? 'calm' : ''}`}>
            {names[1]}
            {bar && ` ${format(bar.values[1])}`}
          </span>
        )}
        {bar && <span class="muted">{formatOf(stepSecs).format(new Date(bar.at))}</span>}
      </figcaption>
    </figure>
  );
}

function optionsOf(
  width: number,
  { isCalm, format, stepSecs, reach }: Pick<BarsProps, 'isCalm' | 'format' | 'stepSecs' | 'reach'>,
  point: (index: number | null) => void,
) {
  const axis = { stroke: colour('--muted'), ticks: { show: false }, font: '12px system-ui', gap: 6 };
  const paths = uPlot.paths.bars?.({ size: [0.75, 24], radius: 0.2, align: 0 });
  const options: uPlot.Options = {
    width,
    height: HEIGHT,
    legend: { show: false },
    // Ticks stand where days begin.
    ...(stepSecs >= DAY_SECS && { tzDate: (secs: number) => uPlot.tzDate(new Date(secs * 1_000), 'UTC') }),
    cursor: { y: false, points: { show: false }, drag: { x: false } },
    scales: {
      x: { range: (_, min, max) => [min - stepSecs / 2, max + stepSecs / 2] },
      y: { range: (_, __, max) => [0, Math.max(max * 1.1, reach)] },
    },
    axes: [
      {
        ...axis,
        grid: { show: false },
        size: 28,
        values: (_, ticks) => ticks.map((secs) => formatOf(stepSecs).format(secs * 1_000)),
        ...(stepSecs >= DAY_SECS && { incrs: [1, 2, 7, 14, 28].map((days) => days * DAY_SECS) }),
        space: 70,
      },
      {
        ...axis,
        grid: { stroke: colour('--line'), width: 1 },
        size: 54,
        space: 36,
        values: (_, ticks) => ticks.map(format),
        incrs: [0.001, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 5_000, 10_000],
      },
    ],
    series: [
      {},
      {
        fill: colour(isCalm ? '--line-strong' : '--bad'),
        stroke: 'transparent',
        width: 0,
        paths,
        points: { show: false },
      },
      { fill: colour('--accent'), stroke: 'transparent', width: 0, paths, points: { show: false } },
    ],
    hooks: { setCursor: [({ cursor }) => point(cursor.idx ?? null)] },
  };
  return options;
}
