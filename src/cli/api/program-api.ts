/** What a command does on the database itself, as the audit has it; a running program knows who asks. */
export interface OperatorAct {
  /** Such as `verification.start`. */
  readonly name: string;
  /** What it is done to: an id, never a phone. */
  readonly subject?: string;
}

/** The HTTP API of a program, wherever that is. */
export interface ProgramApi {
  /** It goes on when this command ends, and takes what providers report. */
  readonly isRunning: boolean;
  /** @throws {Answered} for whatever is not 2xx */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
}
