import type { AnalyticsReport, Figures } from './analytics.js';

const FIGURES = [
  ...(['sent', 'delivered', 'approved', 'conversion', 'latencyP50Ms', 'latencyP95Ms'] as const),
  ...(['costUsd', 'costPerApprovalUsd'] as const),
] satisfies readonly (keyof Figures)[];

/** As RFC 4180 says. What a spreadsheet would take for a formula begins with an apostrophe, which it shows as none. */
export function csvCell(value: string | number | null | undefined): string {
  if (value === null || value === undefined) return '';
  const text = String(value);
  const harmless = typeof value === 'string' && /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n']/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

/** A line for the names, then one for each row. */
export function csvOf({ by, rows }: AnalyticsReport): string {
  const lines = rows.map((row) => [...by.map((name) => row[name]), ...FIGURES.map((name) => row[name])]);
  return [[...by, ...FIGURES], ...lines].map((line) => `${line.map(csvCell).join(',')}\r\n`).join('');
}
