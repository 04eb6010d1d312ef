import { hash } from '@node-rs/argon2';

/** A password as it may stand in ADMIN_PASSWORD: argon2id by OWASP's parameters (19 MiB, 2 passes), as a PHC string. */
export const hashPassword = (password: string): Promise<string> => hash(password);
