/** What a page says that a reader does not see. */
export type Hidden =
  | { readonly kind: 'setup'; readonly text: string }
  | { readonly kind: 'let'; readonly name: string; readonly text: string };

export interface Block<Kind> {
  readonly kind: Kind;
  readonly text: string;
  readonly marks: Marks;
}

/** What a page has us do, in its order. */
export type Step = { readonly page: string; readonly line: number } & (
  | Block<'sh'>
  | Block<'console'>
  | Block<'js'>
  | Hidden
  | { readonly kind: 'program' | 'fault'; readonly text: string }
);

export interface Marks {
  /** Why it cannot be run here. */
  readonly norun?: string;
  /** What each of its commands ends with; 0 unless said. */
  readonly exit: number;
  /** What the page shows is an example: the command is run, its output is not compared. */
  readonly sample: boolean;
  /** The block is a file of this name, for commands that follow. */
  readonly file?: string;
}
