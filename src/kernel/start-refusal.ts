/** Why the program does not start: its message is all that the operator, who alone can mend it, needs to be told. */
export abstract class StartRefusal extends Error {
  /** Of sysexits.h: EX_CONFIG (78) where trying again is of no use, EX_UNAVAILABLE (69) where it may be. */
  abstract readonly exitCode: 69 | 78;
}
