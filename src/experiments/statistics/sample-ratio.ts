const { PI, exp, log, min } = Math;

/** Stirling's series after the argument was raised to ten: good to 1e-10. */
function logGamma(value: number): number {
  let product = 1;
  let x = value;
  for (; x < 10; x++) product *= x;
  const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
  return (x - 0.5) * log(x) - x + log(2 * PI) / 2 + series - log(product);
}

/**
 * Whether units came in the shares that they should have come in. Like the p-value of a chi-squared test, but one that may be
 * looked at after every unit (Lindon and Malek 2022, "Anytime-valid inference for multinomial count data"): by a Dirichlet
 * mixture around the shares.
 * @param shares of each arm, in any unit
 * @returns 1 for what fits; a few thousandths where something takes units away from an arm
 */
export function sampleRatioPValue(units: readonly number[], shares: readonly number[]): number {
  const all = shares.reduce((sum, share) => sum + share, 0);
  const total = units.reduce((sum, count) => sum + count, 0);
  // As if a hundred units an arm, in the right shares, had been seen before: small deviations are what is looked for.
  const prior = shares.map((share) => (100 * shares.length * share) / all);
  const priorAll = 100 * shares.length;
  let logEvidence = logGamma(priorAll) - logGamma(priorAll + total);
  units.forEach((count, arm) => {
    const before = prior[arm] ?? 1;
    logEvidence += logGamma(before + count) - logGamma(before) - count * log((shares[arm] ?? 1) / all);
  });
  return min(1, exp(-logEvidence));
}
