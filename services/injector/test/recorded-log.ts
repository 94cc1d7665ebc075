import { EventEmitter, once } from "node:events";
import type { Log, LogFields } from "@osm/runtime";

export interface RecordedLog extends Log {
  readonly lines: readonly { readonly level: string; readonly message: string; readonly fields: LogFields }[];
  /** Resolves when a line of this message is there, past the given number of lines. */
  readonly said: (message: string, after?: number) => Promise<void>;
}

export function recordedLog(): RecordedLog {
  const lines: { level: string; message: string; fields: LogFields }[] = [];
  const events = new EventEmitter();
  const at = (level: string) => (fields: LogFields, message: string) => {
    lines.push({ level, message, fields });
    events.emit("line");
  };
  const said = async (message: string, after = 0): Promise<void> => {
    while (!lines.slice(after).some((line) => line.message === message)) await once(events, "line");
  };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error"), lines, said };
}
