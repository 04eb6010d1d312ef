/** The key of `Authorization: Bearer KEY`. */
export const bearerOf = (authorization: string): string | undefined => /^Bearer ([^\s]+)$/i.exec(authorization)?.[1];
