import type { Log, LogFields } from "@osm/runtime";

export interface Heard {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: LogFields;
}

/** A log that a test can wait for. */
export interface HearingLog {
  readonly log: Log;
  readonly lines: readonly Heard[];
  /** Resolves with the first line, said already or yet to come, that has this message. */
  hears(message: string): Promise<Heard>;
}

export function hearingLog(): HearingLog {
  const lines: Heard[] = [];
  const waiting: { readonly message: string; readonly resolve: (line: Heard) => void }[] = [];
  const write = (level: keyof Log) => (fields: LogFields, message: string) => {
    const line = { level, message, fields };
    lines.push(line);
    for (const each of waiting) if (each.message === message) each.resolve(line);
  };
  return {
    log: { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") },
    lines,
    hears: async (message) => {
      const said = lines.find((line) => line.message === message);
      return said ?? (await new Promise((resolve) => waiting.push({ message, resolve })));
    },
  };
}
