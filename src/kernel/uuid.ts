const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** As we write them ourselves: in small letters. What is none must not reach the database as one. */
export const isUuid = (text: string): boolean => UUID.test(text);
