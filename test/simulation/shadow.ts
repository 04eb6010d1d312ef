import type { PGlite } from '@electric-sql/pglite';

const TABLES = [
  'verifications',
  'messages',
  'attempts',
  'opt_outs',
  'report_sources',
  'limit_windows',
  'spend_days',
] as const;

export type Table = (typeof TABLES)[number];
/** As PostgreSQL writes it in JSON. */
export type Row = Readonly<Record<string, string | number | boolean | null>>;

export interface Change {
  readonly table: Table;
  readonly before: Row | null;
  readonly after: Row;
}

/** Every change of a row is told with the statement that made it, so nobody has to look. */
export async function tellChanges(db: PGlite): Promise<void> {
  await db.exec(`
    CREATE FUNCTION tell_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE NOTICE 'change %', jsonb_build_object('table', TG_TABLE_NAME, 'before', to_jsonb(OLD), 'after', to_jsonb(NEW));
      RETURN NULL;
    END $$;
    ${TABLES.filter((table) => table !== 'limit_windows')
      .map(
        (table) =>
          `CREATE TRIGGER tell_change AFTER INSERT OR UPDATE ON ${table} FOR EACH ROW EXECUTE FUNCTION tell_change();`,
      )
      .join('\n')}`);
}

export function readChange(notice: string | undefined): Change | undefined {
  return notice?.startsWith('change ') ? (JSON.parse(notice.slice(7)) as Change) : undefined;
}

/** The database's rows as they are now. */
export class Shadow {
  readonly verifications = new Map<string, Row>();
  readonly messages = new Map<string, Row>();
  readonly attempts = new Map<string, Row>();
  readonly optOuts = new Set<string>();
  /** What is held of each day's budget. */
  readonly held = new Map<string, number>();

  apply({ table, after }: Change): void {
    if (table === 'opt_outs') this.optOuts.add(String(after.phone_key));
    else if (table === 'spend_days') this.held.set(String(after.day), Number(after.held_micros));
    else if (table === 'verifications' || table === 'messages' || table === 'attempts')
      this[table].set(String(after.id), after);
  }

  attemptsOf(message: string): Row[] {
    return [...this.attempts.values()].filter((attempt) => attempt.message_id === message);
  }

  /** When a message is next anybody's business; never: Infinity. */
  get due(): number {
    return Math.min(...[...this.messages.values()].map(({ lease_until }) => timeOf(lease_until) ?? Infinity));
  }
}

export function timeOf(value: Row[string] | undefined): number | undefined {
  return typeof value === 'string' ? Date.parse(value) : undefined;
}
