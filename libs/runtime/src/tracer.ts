import type { Trace } from "@osm/wire";

/** A stage's own word; one trace shows them in this order. */
export type SpanName =
  | "watch.fact"
  | "compile.fold"
  | "compile.mesh"
  | "compile.store"
  | "compile.publish"
  | "ca.trust"
  | "ca.sign"
  | "ads.identity"
  | "ads.push";

/** Facts of a span. Never a secret, a token or a user's content. */
export type SpanFields = Readonly<Record<string, string | number | boolean>>;

/** One stage of one change. A span that never ends is never exported. */
export interface Span {
  /** For what follows from this stage. Undefined outside every trace. */
  readonly trace: Trace | undefined;
  set(fields: SpanFields): void;
  /** Points at a stage of another trace that belongs together with this one. */
  link(to: Trace | undefined): void;
  end(fields?: SpanFields): void;
  /** Ends it as failed. Of the error only its kind is told: its words may quote what nobody should read. */
  fail(err: unknown, fields?: SpanFields): void;
}

export interface SpanOptions {
  /** When it began, ms since 1970; now, when not given. */
  readonly at?: number;
  readonly fields?: SpanFields;
}

export interface Tracer {
  /** Begins a trace: a change was seen. */
  root(name: SpanName, options?: SpanOptions): Span;
  /** A stage of what a message's trace began. Outside a trace it is nothing: only changes are traced. */
  span(name: SpanName, from: Trace | undefined, options?: SpanOptions): Span;
}

/** Disposing sends what is left, for a few seconds at most. */
export interface OpenTracer extends Tracer, AsyncDisposable {}

/** Does nothing, and is one object for all: outside a trace nothing is made. */
export const noSpan: Span = { trace: undefined, set: () => undefined, link: () => undefined, end: () => undefined, fail: () => undefined };

/** Records nothing, and passes on the traces of others. */
export const noTracer: Tracer = {
  root: () => noSpan,
  span: (_name, from) => (from === undefined ? noSpan : { ...noSpan, trace: from }),
};

/** Runs a stage within a span, which ends as the stage does. */
export async function inSpan<T>(span: Span, run: (span: Span) => Promise<T>): Promise<T> {
  try {
    const value = await run(span);
    span.end();
    return value;
  } catch (err) {
    span.fail(err);
    throw err;
  }
}
