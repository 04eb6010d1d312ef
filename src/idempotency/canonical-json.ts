/** The same text for the same JSON, in whatever order its members came. @param value not nested deeply */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value ?? {}, (_, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member,
  );
}
