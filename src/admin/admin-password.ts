import { Inject, Injectable } from '@nestjs/common';
import { verify } from '@node-rs/argon2';

import { KeyRing } from '../kernel/index.js';
import { ADMIN_OPTIONS, type AdminOptions } from './admin.options.js';
import { hashPassword } from './hash-password.js';
import { Turns } from './turns.js';

/** Each costs 19 MiB and a core for a while: more at once would let anybody take the machine away from those who verify. */
const AT_A_TIME = 2;

/** The operators' password. */
@Injectable()
export class AdminPassword {
  readonly isSet: boolean;
  /** Names the password that sessions were begun with, and tells nothing of it without APP_SECRET. */
  readonly key: Uint8Array;
  private readonly turns = new Turns(AT_A_TIME);
  private phc: Promise<string> | undefined;

  constructor(
    @Inject(ADMIN_OPTIONS) private readonly options: AdminOptions,
    keys: KeyRing,
  ) {
    this.isSet = options.password !== undefined;
    this.key = keys.lookupKey('request', `admin-password\0${options.password ?? ''}`);
  }

  /** Takes the same time for every password that is wrong. */
  isRight(given: string): Promise<boolean> {
    const { password } = this.options;
    if (password === undefined) return Promise.resolve(false);
    return this.turns.take(async () => {
      this.phc ??= password.startsWith('$argon2id$') ? Promise.resolve(password) : hashPassword(password);
      return verify(await this.phc, given);
    });
  }
}
