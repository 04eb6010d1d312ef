import { Module } from '@nestjs/common';

import { Clock, KeyRing } from '../kernel/index.js';
import { Database } from '../prisma/index.js';
import { Rotation, Router } from '../sms/index.js';
import { DestinationRouter } from './destination-router.js';
import { RouteOffice } from './report/route-office.js';
import { RoutingController } from './routing.controller.js';
import { RoutingModuleBase } from './routing.options.js';
import { RouteRules } from './rules/rules.js';
import { RoutingJob } from './watch/routing-job.js';

/** Which provider is asked first, and why. The router itself is among the options of the sms room. */
@Module({
  controllers: [RoutingController],
  providers: [
    RouteRules,
    RoutingJob,
    {
      provide: DestinationRouter,
      inject: [Router],
      useFactory: (router: Router) => {
        if (router instanceof DestinationRouter) return router;
        throw new Error('The sms room was not given a router by destination.');
      },
    },
    {
      provide: RouteOffice,
      inject: [Database, DestinationRouter, KeyRing, Clock, Rotation],
      useFactory: (database: Database, router: DestinationRouter, keys: KeyRing, clock: Clock, rotation: Rotation) =>
        new RouteOffice(database, router, keys, clock, rotation),
    },
  ],
})
export class RoutingModule extends RoutingModuleBase {}
