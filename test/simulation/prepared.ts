import { protocol, type PGlite } from '@electric-sql/pglite';

const { serialize } = protocol;
type Description = Awaited<ReturnType<PGlite['describeQuery']>> & { readonly name: string };
type Converter = ((value: unknown, type?: number) => unknown) | undefined; // of types made by a migration there is none
const join = (...messages: Uint8Array[]) => new Uint8Array(Buffer.concat(messages));

/** Statements are prepared once, as PostgreSQL's pool does; PGlite's own `query` parses each anew, for most of a run's time. */
export class Prepared {
  private readonly known = new Map<string, Description>();

  constructor(private readonly db: PGlite) {}

  async query<Row>(text: string, values: readonly unknown[], onNotice: (text?: string) => void): Promise<Row[]> {
    const { name, queryParams, resultFields } = this.known.get(text) ?? (await this.prepare(text));
    const bound = values.map((value, index) =>
      value === null || value === undefined ? null : converted(queryParams[index]?.serializer, value),
    );
    const run = join(serialize.bind({ statement: name, values: bound }), serialize.execute({}), serialize.sync());
    const { messages } = await this.db.runExclusive(() =>
      this.db.execProtocol(run, { throwOnError: true, onNotice: ({ message }) => onNotice(message) }),
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

  private async prepare(text: string): Promise<Description> {
    const name = `statement_${this.known.size}`;
    const description = { name, ...(await this.db.describeQuery(text)) };
    this.known.set(text, description);
    await this.db.runExclusive(() =>
      this.db.execProtocol(join(serialize.parse({ name, text }), serialize.sync()), { throwOnError: true }),
    );
    return description;
  }
}

function converted(converter: unknown, value: unknown, type?: number): string {
  return ((converter as Converter)?.(value, type) ?? value) as string;
}
