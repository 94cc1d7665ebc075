declare const brand: unique symbol;

/** A place in a trace as W3C trace-context writes it, `traceparent`: `00-<trace>-<span>-<flags>`. It rides on messages as a header. */
export type Trace = string & { readonly [brand]: "Trace" };

export interface TraceParts {
  /** Common to all that one change led to. */
  readonly traceId: string;
  readonly spanId: string;
  /** Somebody upstream decided to record it. */
  readonly isSampled: boolean;
}

const form = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Undefined for what is no trace of version 00: such a header is passed over, as the standard asks. */
export function parseTrace(text: string): Trace | undefined {
  return form.test(text) ? (text as Trace) : undefined;
}

export function traceOf({ traceId, spanId, isSampled }: TraceParts): Trace | undefined {
  return parseTrace(`00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`);
}

export function tracePartsOf(trace: Trace): TraceParts {
  const [, traceId = "", spanId = "", flags = "0"] = trace.split("-");
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
