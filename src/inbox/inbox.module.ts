import { Module } from '@nestjs/common';

import { SimulatedCarrier } from './carrier/simulated-carrier.js';
import { InboxStreams } from './inbox-streams.js';
import { InboxController } from './inbox.controller.js';
import { InboxGuard } from './inbox.guard.js';
import { Inbox } from './inbox.js';
import { InboxModuleBase } from './inbox.options.js';
import { Timelines } from './timelines.js';

/** The phone that simulated texts arrive on, and the network that brings them. In simulation only. */
@Module({
  controllers: [InboxController],
  providers: [Inbox, InboxGuard, InboxStreams, SimulatedCarrier, Timelines],
})
export class InboxModule extends InboxModuleBase {}
