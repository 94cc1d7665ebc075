type Write = (fields: Readonly<Record<string, unknown>>, message: string) => void;

/** The part of a log the sandbox writes to; the services' own log fits. */
export interface SandboxLog {
  readonly info: Write;
  readonly warn: Write;
}
