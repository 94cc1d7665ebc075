import type { Call, HttpSpeech } from "../call.ts";
import type { ConnectionManager } from "./read/http-connection.ts";

/** A request inside Envoy, after its connection manager has looked at it. */
export interface Request {
  readonly path: string;
  /** Pseudo headers included; `host` is `:authority`. */
  readonly headers: ReadonlyMap<string, string>;
}

/** What a caller's app sends. */
export function requestOf({ method, path, headers }: HttpSpeech, { address, port }: Call["to"]): Request {
  const { host = `${address}:${port}`, ...others } = headers;
  return { path, headers: new Map([...Object.entries(others), [":method", method], [":authority", host]]) };
}

/** @returns what goes on to the filters, or undefined where the manager answers by itself. */
export function managed(manager: ConnectionManager, { path, headers }: Request): Request | undefined {
  const [bare, query] = splitQuery(path);
  if (isRefused(manager, { bare, headers })) return undefined;
  const authority = headers.get(":authority") ?? "";
  const host = manager.strip_any_host_port ? authority.replace(/:\d+$/, "") : authority;
  const straight = manager.normalize_path ? withoutDots(bare) : bare;
  const merged = manager.merge_slashes ? straight.replaceAll(/\/+/g, "/") : straight;
  return { path: query === undefined ? merged : `${merged}?${query}`, headers: new Map([...headers, [":authority", host]]) };
}

/** Refused is what could be read in two ways, where the manager is told so. */
function isRefused(manager: ConnectionManager, { bare, headers }: Pick<Request, "headers"> & { readonly bare: string }): boolean {
  const isUnderscored = [...headers.keys()].some((name) => name.includes("_"));
  if (isUnderscored && manager.common_http_protocol_options.headers_with_underscores_action === "REJECT_REQUEST") return true;
  return /%(2f|5c)/i.test(bare) && manager.path_with_escaped_slashes_action === "REJECT_REQUEST";
}

export function pathOnly({ path }: Request): string {
  return splitQuery(path)[0];
}

function splitQuery(path: string): readonly [string, string?] {
  const mark = path.indexOf("?");
  return mark < 0 ? [path] : [path.slice(0, mark), path.slice(mark + 1)];
}

/** RFC 3986 §5.2.4, as a WHATWG URL does it. @throws Error on paths whose one form is not known here. */
function withoutDots(path: string): string {
  if (!/^\/[A-Za-z0-9/._~!$&'()*+,;=:@-]*$/.test(path)) throw new Error(`the form that Envoy gives to ${path} is not simulated`);
  return new URL(`http://host${path}`).pathname;
}
