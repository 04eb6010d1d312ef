export type Fields = Readonly<Record<string, string>>;

/** What is filled in, without spaces around it; of boxes those that are checked, the last of a name. Empty fields are left out. */
export const fieldsOf = (form: HTMLFormElement): Fields =>
  Object.fromEntries(
    [...new FormData(form)].flatMap(([name, value]) =>
      typeof value === 'string' && value.trim() ? [[name, value.trim()] as const] : [],
    ),
  );

/** For a form: its fields when it is sent, and no new document. */
export const onFields = (take: (fields: Fields) => void) => (event: SubmitEvent) => {
  event.preventDefault();
  take(fieldsOf(event.currentTarget as HTMLFormElement));
};
