/** The HTTP API of a program, wherever that is. */
export interface ProgramApi {
  /** It goes on when this command ends, and takes what providers report. */
  readonly isRunning: boolean;
  /** @throws {Answered} for whatever is not 2xx */
  call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: object): Promise<T>;
}
