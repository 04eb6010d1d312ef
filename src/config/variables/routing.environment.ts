import { IsIn, IsNumber, IsOptional, IsString, Max, Min } from 'class-validator';

import { Env } from '../../kernel/index.js';
import { ROUTING_MODES } from '../../routing/index.js';
import { IsWithin, saying } from './rules.js';

const WEIGHT = saying('must be a number from 0 to 1');

export class RoutingEnvironment {
  @Env({
    about:
      'Who is asked first where no rule decides: preference (SMS_PROVIDERS), learn (by conversion, delivery, latency and price), or shadow (as preference, and what learn would do is counted); see docs/routing.md.',
    example: 'shadow',
  })
  @IsIn(ROUTING_MODES, saying(`must be one of ${ROUTING_MODES.join(', ')}`))
  ROUTING: string = 'preference';

  @Env({
    about: 'What the dearest provider of a destination is worth less than a free one: 0.1 is ten points of conversion.',
    example: '0.1',
  })
  @IsNumber({}, WEIGHT)
  @Min(0, WEIGHT)
  @Max(1, WEIGHT)
  ROUTING_COST_WEIGHT: number = 0.1;

  @Env({
    about: 'Percent of first tries that every provider of a destination gets at least, to stay measured.',
    example: '5',
  })
  @IsWithin(1, 25)
  ROUTING_FLOOR: number = 5;

  @Env({
    about: "Operators' rules by country, network and channel, as JSON (docs/routing.md).",
    example: '/etc/sixdigit/routes.json',
  })
  @IsOptional()
  @IsString()
  ROUTES_FILE?: string;
}
