import { protocol, type PGlite } from '@electric-sql/pglite';

const { serialize } = protocol;
type Description = Awaited<ReturnType<PGlite['describeQuery']>> & { readonly name: string };
type Converter = ((value: unknown, type?: number) => unknown) | undefined; // of types made by a migration there is none
const join = (...messages: Uint8Array[]) => new Uint8Array(Buffer.concat(messages));

/**
 * Statements that PGlite prepares once, as PostgreSQL does for a pool: its own `query` parses and plans each anew, which takes
 * longer than most take to run.
 */
export class Prepared {
  private readonly known = new Map<string, Promise<Description>>();
  private names = 0;

  constructor(private readonly db: PGlite) {}

  async query<Row>(text: string, values: readonly unknown[], onNotice?: (text?: string) => void): Promise<Row[]> {
    const { name, queryParams, resultFields } = await this.prepared(text);
    const bound = values.map((value, index) =>
      value === null || value === undefined ? null : converted(queryParams[index]?.serializer, value),
    );
    const run = join(serialize.bind({ statement: name, values: bound }), serialize.execute({}), serialize.sync());
    const { messages } = await this.inTurn(() =>
      this.db.execProtocol(run, { throwOnError: true, onNotice: onNotice && (({ message }) => onNotice(message)) }),
    );
    return messages.flatMap((message) => {
      if (message.name !== 'dataRow') return [];
      const { fields } = message as unknown as { fields: readonly (string | null)[] };
      const columns = resultFields.map(({ name, dataTypeID, parser }, index) => {
        const field = fields[index] ?? null;
        return [name, field === null ? null : converted(parser, field, dataTypeID)];
      });
      return [Object.fromEntries(columns) as Row];
    });
  }

  private prepared(text: string): Promise<Description> {
    let description = this.known.get(text);
    if (!description) {
      description = this.prepare(`statement_${this.names++}`, text);
      this.known.set(text, description);
      description.catch(() => this.known.delete(text));
    }
    return description;
  }

  private async prepare(name: string, text: string): Promise<Description> {
    const description = { name, ...(await this.db.describeQuery(text)) };
    const parse = join(serialize.parse({ name, text }), serialize.sync());
    await this.inTurn(() => this.db.execProtocol(parse, { throwOnError: true }));
    return description;
  }

  /** As PGlite's own `query`: never within a transaction of somebody else. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    return this.db._runExclusiveTransaction(() => this.db._runExclusiveQuery(work));
  }
}

const converted = (converter: unknown, value: unknown, type?: number): string =>
  ((converter as Converter) ?? String)(value, type) as string;
