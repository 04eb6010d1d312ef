/**
 * `count` rows of the elements of arrays, numbered from 1, one by one: of an array the planner cannot know the length before
 * it comes, so it would plan the statement anew each time, for longer than a small one takes. Rows beyond the arrays' ends are null.
 * @param columns SQL of each array, as `:ids::uuid[]`
 */
export const rowsOf = (count: number, ...columns: readonly string[]): string =>
  `(VALUES ${Array.from({ length: count }, (_, index) => `(${[index + 1, ...columns.map((column) => `(${column})[${index + 1}]`)].join(', ')})`).join(', ')})`;
