/** One execution of a request that its caller may repeat, and wants done once. */
export interface Run {
  /** UUID, the same in every execution of that request. What it makes has this id, so it cannot be made twice. */
  readonly id: string;
  /** An execution before this one ended without an answer, and may have done all of it, or part. */
  readonly isRepeat: boolean;
}
