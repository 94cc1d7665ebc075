import { parseTrace, type Trace } from "./trace.ts";

/** The change that a message follows from. It rides in headers, so that equal payloads stay equal bytes. */
export interface Origin {
  readonly trace: Trace | undefined;
  /** When the watcher saw the object change, ms since 1970; of several changes the earliest. */
  readonly observedAt: number | undefined;
}

type Headers = Readonly<Record<string, string>>;

export const traceHeader = "traceparent";
export const observedAtHeader = "observed-at";

const none: Headers = {};

/** What a message carries that follows from a change; nothing where there was none. */
export function originHeaders(origin: Origin | undefined): Headers {
  if (origin === undefined || (origin.trace === undefined && origin.observedAt === undefined)) return none;
  return {
    ...(origin.trace === undefined ? none : { [traceHeader]: origin.trace }),
    ...(origin.observedAt === undefined ? none : { [observedAtHeader]: String(Math.round(origin.observedAt)) }),
  };
}

/** Undefined where no readable origin is carried: what a stranger wrote there is passed over. */
export function originIn(headers: Headers): Origin | undefined {
  const trace = parseTrace(headers[traceHeader] ?? "");
  const at = headers[observedAtHeader] ?? "";
  const observedAt = /^\d{1,15}$/.test(at) ? Number(at) : undefined;
  return trace === undefined && observedAt === undefined ? undefined : { trace, observedAt };
}
