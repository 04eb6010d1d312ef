type Action = (...args: never[]) => void | Promise<void>;
type ActionsOf<File> = { [Name in keyof File]: File[Name] extends Action ? Name : never }[keyof File];

/**
 * What commands do, from a file that is read when one of them runs: every other start does without all that it imports.
 * @param load such as `() => import('../actions/keys.js')`
 * @returns the action of a name, for commander
 */
export const actionsIn =
  <File extends object>(load: () => Promise<File>) =>
  (name: ActionsOf<File>) =>
  async (...args: readonly unknown[]): Promise<void> => {
    const action = (await load())[name] as Action;
    await action(...(args as never[]));
  };
