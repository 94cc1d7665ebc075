import type { HttpSpeech } from "../call.ts";
import type { Seen } from "./http-match.ts";

/**
 * How a server sees a request before any rule looks at it: dots resolved, slashes merged, query cut off, no port in the host.
 * What could be read in two ways is refused: escaped slashes, and header names with underscores.
 */
export function seenByServer({ method, path, headers }: HttpSpeech, address: string): Seen | { readonly refused: string } {
  const [bare = ""] = path.split("?", 1);
  if (/%(2f|5c)/i.test(bare)) return { refused: "the path holds an escaped slash" };
  if (Object.keys(headers).some((name) => name.includes("_"))) return { refused: "a header's name holds an underscore" };
  const host = (headers["host"] ?? address).replace(/:\d+$/, "");
  return { method, path: resolved(bare), headers: { ...headers, host } };
}

function resolved(path: string): string {
  const kept: string[] = [];
  const parts = path.split("/").slice(1);
  for (const part of parts) {
    if (part === "..") kept.pop();
    else if (part !== ".") kept.push(part);
  }
  const last = parts.at(-1);
  const folder = last === "." || last === ".." ? "/" : "";
  return `/${kept.join("/")}${folder}`.replaceAll(/\/{2,}/g, "/");
}

/** How a caller's sidecar sees a request: as it is written, without the query. */
export function seenByCaller({ method, path, headers }: HttpSpeech, address: string): Seen {
  const [bare = ""] = path.split("?", 1);
  return { method, path: bare, headers: { ...headers, host: headers["host"] ?? address } };
}
