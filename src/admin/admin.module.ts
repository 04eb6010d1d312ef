import { Module } from '@nestjs/common';

import { AuditModule } from '../audit/index.js';
import { OperatorSessions } from '../http/index.js';
import { AdminPassword } from './admin-password.js';
import { AdminSessions } from './admin-sessions.js';
import { AdminModuleBase } from './admin.options.js';
import { SessionController } from './session.controller.js';
import { SignInLimits } from './sign-in-limits.js';
import { SignIn } from './sign-in.js';

/** Operators sign in; their sessions open every route that needs the scope `admin`. */
@Module({
  imports: [AuditModule],
  controllers: [SessionController],
  providers: [
    AdminPassword,
    AdminSessions,
    SignIn,
    SignInLimits,
    { provide: OperatorSessions, useExisting: AdminSessions },
  ],
  exports: [OperatorSessions],
})
export class AdminModule extends AdminModuleBase {}
