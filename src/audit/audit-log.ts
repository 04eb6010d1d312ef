import { Inject, Injectable } from '@nestjs/common';

import { Clock } from '../kernel/index.js';
import { answerTo, Database, named, PrismaService, valuesFor } from '../prisma/index.js';
import { audited, type Act } from './audited.js';

/** What `audited` takes. */
export interface AuditParameters {
  readonly audit_at: Date | null;
  readonly audit_who: string;
  readonly audit_act: string;
  readonly audit_address: string | null;
}

const WRITE = named<AuditParameters & { readonly subject: string | null }>(
  'write_admin_audit',
  `WITH done AS (SELECT :subject::text AS subject), ${audited('done', 'subject')} SELECT 1`,
);

/** Writes an act down by whoever takes statements: where tables are made, nothing else is there yet. @param at null: by the database's clock */
export async function writeAct(
  database: Pick<Database, 'query'>,
  act: Act,
  subject: string | null,
  at: Date | null = null,
): Promise<void> {
  await database.query(WRITE, valuesFor(WRITE, { ...parametersOf(act, at), subject }));
}

const parametersOf = ({ who: { name, network }, act }: Act, at: Date | null): AuditParameters => ({
  audit_at: at,
  audit_who: name,
  audit_act: act,
  audit_address: network,
});

/** What operators did, and when; it is only added to. */
@Injectable()
export class AuditLog {
  constructor(
    private readonly database: Database,
    private readonly prisma: PrismaService,
    @Inject(Clock) private readonly clock: Clock,
  ) {}

  /** For a statement that has `audited` in it. */
  parametersOf(act: Act): AuditParameters {
    return parametersOf(act, this.clock.databaseTime());
  }

  /** For what changes no row of ours. @throws {DatabaseUnavailable} and then it should not be done */
  async write(act: Act, subject: string | null = null): Promise<void> {
    await writeAct(this.database, act, subject, this.clock.databaseTime());
  }

  /** Newest first. @param before an id: only older ones @throws {DatabaseUnavailable} */
  async list(limit: number, before?: bigint) {
    const where = before === undefined ? {} : { id: { lt: before } };
    return answerTo(this.prisma.adminAudit.findMany({ where, orderBy: { id: 'desc' }, take: limit }));
  }
}
