import type { PlaceReport, RuleReport } from '../routing/index.js';

/** Columns side by side, each as wide as its widest cell. */
function table(names: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = names.map((name, index) => Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `  ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join('  ')}`;
  return [names, ...rows].map((row) => line(row).trimEnd()).join('\n');
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const actOf = ({ providers, exclude }: RuleReport) =>
  providers ? providers.join(', then ') : exclude ? `not ${exclude.join(', ')}` : 'learn';
const matchOf = ({ country, network, channel }: RuleReport) => [country, network ?? 'any', channel ?? 'any'];

/** Why texts to one place go as they go, for people. */
export function showPlace(report: PlaceReport): void {
  const { country, network, channel, providers, shadow, why } = report;
  console.log(`${country || 'no country'}${network ? ` ${network}` : ''}, ${channel}: by ${report.by}`);
  console.log(
    table(
      ['provider', 'first', 'converts', '90 % of it', 'of', 'delivered', 'latency', 'price', 'last 5 min'],
      providers.map(({ conversion: { mean, low, high }, ...row }) => [
        row.provider,
        percent(row.share),
        percent(mean),
        `${percent(low)} to ${percent(high)}`,
        row.verifications.toFixed(0),
        row.deliveryRate === null ? '-' : percent(row.deliveryRate),
        row.latencyMs === null ? '-' : `${(row.latencyMs / 1_000).toFixed(1)} s`,
        `$${row.priceUsd}`,
        `${row.recent.failed} of ${row.recent.tries} failed`,
      ]),
    ),
  );
  console.log(why);
  if (!shadow) return;
  const { mean, low, high } = shadow.conversionGain;
  const points = (gain: number) => `${gain < 0 ? '' : '+'}${(gain * 100).toFixed(1)}`;
  console.log(
    `The shadow would have asked the same in ${percent(shadow.agreement)} of ${shadow.texts} texts: conversion ${points(mean)} points ` +
      `(${points(low)} to ${points(high)}), $${Math.abs(shadow.priceGainUsd).toFixed(6)} ${shadow.priceGainUsd < 0 ? 'more' : 'less'} a segment.`,
  );
  console.log(shadow.caution);
}

export function showRules(rules: readonly RuleReport[]): void {
  if (rules.length === 0) return;
  const rows = rules.map((rule) => [...matchOf(rule), actOf(rule), rule.by]);
  console.log(table(['country', 'network', 'channel', 'rule', 'by'], rows));
}
