import { traceOf, tracePartsOf, type Trace } from "@osm/wire";
import { noSpan, type Span, type SpanFields, type SpanName, type Tracer } from "../src/index.ts";

export interface KeptSpan {
  readonly name: SpanName;
  readonly traceId: string;
  readonly id: string;
  readonly parent: string | undefined;
  readonly at: number | undefined;
  readonly fields: SpanFields;
  readonly links: readonly string[];
  readonly failed: boolean;
}

/** A tracer that keeps the spans that have ended, in the order in which they did. */
export function keptTracer(): { readonly tracer: Tracer; readonly spans: KeptSpan[] } {
  const spans: KeptSpan[] = [];
  let count = 0;
  const next = (length: number) => (++count).toString(16).padStart(length, "0");
  const begin = (begun: { name: SpanName; traceId: string; parent: string | undefined; at: number | undefined; fields: SpanFields }): Span => {
    const id = next(16);
    const links: string[] = [];
    let fields = begun.fields;
    const end = (failed: boolean) => (more: SpanFields = {}) => void spans.push({ ...begun, id, links, fields: { ...fields, ...more }, failed });
    return {
      trace: traceOf({ traceId: begun.traceId, spanId: id, isSampled: true }),
      set: (more) => {
        fields = { ...fields, ...more };
      },
      link: (to: Trace | undefined) => void (to !== undefined && links.push(tracePartsOf(to).spanId)),
      end: end(false),
      fail: (_err, more) => end(true)(more),
    };
  };
  const tracer: Tracer = {
    root: (name, { at, fields = {} } = {}) => begin({ name, traceId: next(32), parent: undefined, at, fields }),
    span: (name, from, { at, fields = {} } = {}) => {
      if (from === undefined) return noSpan;
      const { traceId, spanId } = tracePartsOf(from);
      return begin({ name, traceId, parent: spanId, at, fields });
    },
  };
  return { tracer, spans };
}
