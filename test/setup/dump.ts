import type { Database } from '../../src/prisma/index.js';

/** Every row of every table, as JSON, a line each. */
export async function dumpOf(database: Database): Promise<readonly string[]> {
  const ask = <Row extends object>(text: string) => database.query<Row>({ name: '', text }, []);
  const tables = await ask<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> '_prisma_migrations'`,
  );
  const lines: string[] = [];
  for (const { name } of tables) {
    const rows = await ask<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM "${name}" AS t`);
    lines.push(...rows.map(({ row }) => `${name} ${row}`));
  }
  return lines;
}

/** What looks random or is a time may hold any four digits. */
const NOISE = /"\\\\x[0-9a-f]*"|[0-9a-f]{8}-[0-9a-f-]{27}|"\d{4}-\d\d-\d\dT[^"]*"/g;

/** Lines in which a number, its last four digits, or one of these bytes stand. */
export function tracesOf(lines: readonly string[], e164: string, bytes: readonly Uint8Array[]): readonly string[] {
  const [digits, last] = [e164.slice(1), e164.slice(-4)];
  const hexes = bytes.map((each) => Buffer.from(each).toString('hex'));
  return lines.filter(
    (line) =>
      line.includes(digits) ||
      new RegExp(`(?<!\\d)${last}(?!\\d)|\\*${last}`).test(line.replaceAll(NOISE, '')) ||
      hexes.some((hex) => line.includes(hex)),
  );
}
