import { Clock } from '../../kernel/index.js';
import { Database } from '../../prisma/index.js';
import { dollars, Pricing } from '../../sms/index.js';
import { SpendReport } from '../../spend/index.js';
import { withRooms } from '../rooms.js';

const price = (usd: number) => dollars(Math.round(usd * 1e6));

export const today = ({ json }: { json?: true }): Promise<void> =>
  withRooms(
    () => [],
    async (context, { limits, sms }) => {
      const budget = {
        prices: limits.prices,
        capMicros: limits.dailyCostLimitMicros,
        keptPercent: limits.costShareForKnown,
      };
      const pricing = new Pricing(
        sms.providers.map(({ definition }) => definition.name),
        budget,
      );
      const report = new SpendReport(context.get(Database), pricing, context.get<Clock>(Clock));
      const spend = await report.today();
      if (json) return console.log(JSON.stringify(spend, null, 2));
      console.log(`${spend.day} (UTC): ${price(spend.heldUsd)} of ${price(spend.capUsd)} held`);
      console.log(
        `  ${price(spend.bookedUsd)} booked, ${price(spend.reservedUsd)} reserved; ${price(spend.keptForKnownUsd)} of the cap for known numbers`,
      );
      for (const { provider, country, texts, usd } of spend.byProvider)
        console.log(`  ${provider.padEnd(10)} ${country.padEnd(8)} ${String(texts).padStart(6)} texts ${price(usd)}`);
      for (const { channel, texts, usd } of spend.byChannel)
        console.log(`  ${'by'.padEnd(10)} ${channel.padEnd(8)} ${String(texts).padStart(6)} texts ${price(usd)}`);
    },
  );
