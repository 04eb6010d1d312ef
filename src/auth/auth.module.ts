import { Module } from '@nestjs/common';

import { AddressLimits } from './address-limits.js';
import { AuthModuleBase } from './auth.options.js';
import { LoginController } from './login/login.controller.js';
import { LoginService } from './login/login.service.js';
import { PhoneChangeController } from './phone-change/phone-change.controller.js';
import { PhoneChangeService } from './phone-change/phone-change.service.js';
import { SessionController } from './sessions/session.controller.js';
import { SessionGuard } from './sessions/session.guard.js';
import { Sessions } from './sessions/sessions.js';
import { StepUpController } from './step-up/step-up.controller.js';
import { StepUpService } from './step-up/step-up.service.js';
import { LoginKeys } from './tokens/login-keys.js';
import { Tokens } from './tokens/tokens.js';

/** Who is this person? Login by phone, sessions, and fresh proofs for what is sensitive. */
@Module({
  controllers: [LoginController, SessionController, StepUpController, PhoneChangeController],
  providers: [
    AddressLimits,
    LoginKeys,
    Tokens,
    Sessions,
    SessionGuard,
    LoginService,
    StepUpService,
    PhoneChangeService,
  ],
})
export class AuthModule extends AuthModuleBase {}
