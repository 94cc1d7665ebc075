import { silentLog, type Log, type LogFields } from "@osm/runtime";

/** Something that a person has to know of. */
export interface Trouble {
  /** A note is of what cannot be tried here, an error of what went wrong. */
  readonly severity: "error" | "note";
  readonly line: string;
}

/** These have no other way to tell a person. What other services warn of is a finding too, or mends itself. */
const tellsAll: ReadonlySet<string> = new Set(["sandbox", "folder"]);

/** Logs of a mesh's services, of which a person is told what is to be acted on. */
export function troubleLog(told: (trouble: Trouble) => void): (service: string) => Log {
  return (service) => ({
    ...silentLog,
    warn: (fields, message) => tellsAll.has(service) && !isFault(fields) && told(troubleIn(fields, message)),
    error: (fields, message) => told({ severity: "error", line: lineOf(fields, message) }),
  });
}

/** What cannot be read is a fault of its file, and told as such. */
function isFault({ reason }: LogFields): boolean {
  return typeof reason === "string" && /^line \d+: /.test(reason);
}

function troubleIn(fields: LogFields, message: string): Trouble {
  return { severity: fields["reason"] === undefined ? "error" : "note", line: lineOf(fields, message) };
}

function lineOf(fields: LogFields, message: string): string {
  const { err, reason, words, code, container } = fields;
  const said = [
    ...(typeof container === "string" ? [container] : []),
    message,
    ...(typeof code === "number" ? [`with code ${code}`] : []),
  ].join(" ");
  const cause = err instanceof Error ? err.message : (reason ?? words);
  const where = placeIn(fields);
  return [...(where === "" ? [] : [where]), said, ...(typeof cause === "string" ? [cause] : [])].join(": ");
}

function placeIn({ source, deployment, namespace, pod }: LogFields): string {
  if (typeof source === "string") return source;
  if (typeof deployment === "string") return deployment;
  return typeof namespace === "string" && typeof pod === "string" ? `${namespace}/${pod}` : "";
}
