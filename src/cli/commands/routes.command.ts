import { InvalidArgumentError, type Command } from 'commander';

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
import { CHANNELS, isClosable, type Channel } from '../../sms/index.js';
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

const list = (text: string): string[] => text.split(',').map((name) => name.trim());
const country = (text: string): string => text.toUpperCase();
function channel(text: string): Channel {
  if (!(CHANNELS as readonly string[]).includes(text))
    throw new InvalidArgumentError(`It is one of ${CHANNELS.join(', ')}.`);
  return text as Channel;
}

export function routesCommand(program: Command): void {
  const routes = program.command('routes').description('which provider is asked first, and why');
  const matching = (command: Command) =>
    command
      .option('--country <country>', 'two letters; without it any', country)
      .option('--network <mcc-mnc>', 'how MCC and MNC begin, such as 310-260')
      .option('--channel <channel>', CHANNELS.join(', '), channel);

  routes
    .command('list')
    .description('all rules, the narrowest first: of those that match, the first decides')
    .option('--json', 'for programs')
    .action(async ({ json }: { json?: true }) => {
      const { rules, mode } = await inRouting(({ office }) => office.report({ country: 'US' }));
      if (json) return console.log(JSON.stringify({ mode, rules }));
      showRules(rules);
      console.log(`Everything else: ROUTING=${mode}`);
    });

  matching(routes.command('set'))
    .description('sets the rule for some texts; running programs follow within 5 s')
    .option('--providers <names>', 'these, in this order, and nobody else', list)
    .option('--exclude <names>', 'not these', list)
    .option('--learn', 'by what is measured, whatever ROUTING says')
    .option('--json', 'for programs')
    .action(async ({ json, ...asked }: RuleAsked & { json?: true }) => {
      await inRouting(({ rules, router }) => rules.set(asked, router.providers, operator()));
      console.log(json ? JSON.stringify({ set: asked }) : 'set');
    });

  matching(routes.command('unset'))
    .description('takes back the rule for exactly these texts')
    .option('--json', 'for programs')
    .action(async ({ json, ...match }: Match & { json?: true }) => {
      await inRouting(({ rules }) => rules.unset(match, operator()));
      console.log(json ? JSON.stringify({ unset: match }) : 'unset');
    });

  routes
    .command('why [phone]')
    .description('why this provider: the rule or what was measured, for a phone, or for a text that was sent')
    .option('--message <id>', 'how that text went')
    .option('--network <mcc-mnc>', 'as a lookup told it')
    .option('--channel <channel>', CHANNELS.join(', '), channel)
    .option('--json', 'as the admin API answers it')
    .action(async (phone: string | undefined, options: Omit<Match, 'country'> & { message?: string; json?: true }) => {
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
    });
}
