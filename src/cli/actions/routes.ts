import { AuditLog, AuditModule } from '../../audit/index.js';
import type { AppConfig } from '../../config/index.js';
import { Clock, KeyRing, PhoneNumber } from '../../kernel/index.js';
import { Database, PrismaService } from '../../prisma/index.js';
import {
  DestinationRouter,
  readKnowledge,
  RouteBook,
  RouteOffice,
  RouteRules,
  type MessageReport,
  type PlaceReport,
  type RuleAsked,
} from '../../routing/index.js';
import { isClosable, type Channel } from '../../sms/index.js';
import { operator } from '../operator.js';
import { withRooms } from '../rooms.js';
import { showPlace, showRules } from '../routes-view.js';
import { UsageError } from '../usage-error.js';

interface Match {
  readonly country?: string;
  readonly network?: string;
  readonly channel?: Channel;
}

interface Routing {
  readonly office: RouteOffice;
  readonly rules: RouteRules;
  readonly router: DestinationRouter;
  readonly config: AppConfig;
}

/** With the book as a running program would have it now. */
const inRouting = <T>(work: (routing: Routing) => Promise<T>): Promise<T> =>
  withRooms(
    () => [AuditModule],
    async (context, config) => {
      const [database, clock] = [context.get(Database), context.get<Clock>(Clock)];
      const audit = new AuditLog(database, context.get(PrismaService), clock);
      const { publicBaseUrl } = config.server;
      const made = { publicBaseUrl, webhookSecret: config.sms.webhookSecret };
      const providers = config.sms.providers.map(({ definition, env }) => definition.create(env, made));
      const book = new RouteBook(config.routing.rules);
      const price = (name: string, country: string | null) => config.limits.prices.perSegment(name, country);
      const router = new DestinationRouter({ ...config.routing, providers, price }, book);
      const rules = new RouteRules(database, audit);
      try {
        book.rule(await rules.all());
        book.learn(await readKnowledge(database, clock.databaseTime()));
        return await work({
          office: new RouteOffice(database, router, context.get(KeyRing), clock),
          rules,
          router,
          config,
        });
      } finally {
        for (const provider of providers) if (isClosable(provider)) await provider.close();
      }
    },
  );

export async function list({ json }: { json?: true }): Promise<void> {
  const { rules, mode } = await inRouting(({ office }) => office.report({ country: 'US' }));
  if (json) return console.log(JSON.stringify({ mode, rules }));
  showRules(rules);
  console.log(`Everything else: ROUTING=${mode}`);
}

export async function set({ json, ...asked }: RuleAsked & { json?: true }): Promise<void> {
  await inRouting(({ rules, router }) => rules.set(asked, router.providers, operator()));
  console.log(json ? JSON.stringify({ set: asked }) : 'set');
}

export async function unset({ json, ...match }: Match & { json?: true }): Promise<void> {
  await inRouting(({ rules }) => rules.unset(match, operator()));
  console.log(json ? JSON.stringify({ unset: match }) : 'unset');
}

export async function why(
  phone: string | undefined,
  options: Omit<Match, 'country'> & { message?: string; json?: true },
): Promise<void> {
  if ((phone === undefined) === (options.message === undefined))
    throw new UsageError('It is not said what is asked about.', 'Name either a phone or a --message.');
  const report: PlaceReport & { message?: MessageReport } = await inRouting(({ office, config }) =>
    options.message !== undefined
      ? office.whyMessage(options.message)
      : office.whyPhone(PhoneNumber.parse(phone!, config.phone.defaultRegion), options.channel, options.network),
  );
  if (options.json) return console.log(JSON.stringify(report));
  if (report.message) {
    for (const { provider, route, outcome, fault, startedAt } of report.message.tries)
      console.log(`${startedAt.toISOString()} ${provider}: ${outcome}${fault ? ` (${fault})` : ''}, by ${route}`);
    console.log(`${report.message.why}\n\nNow it would go like this:`);
  }
  showPlace(report);
  console.log('Where a provider stands in its rotation, only a running program knows: GET /v1/admin/routing/why.');
}
