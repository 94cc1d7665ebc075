import { originHeaders, originIn, type Origin } from "@osm/wire";
import type { SpanFields, Tracer } from "./tracer.ts";

interface PublishOptions {
  readonly headers?: Readonly<Record<string, string>>;
  readonly expectedSeq?: number;
  readonly ttlMs?: number;
}

/** A bus, as far as writing to it goes. */
export interface Publishing {
  publish(subject: string, bytes: Uint8Array | undefined, options?: PublishOptions): Promise<number>;
}

export interface Observing {
  readonly tracer: Tracer;
  /** Facts of the span, by the subject that is written. */
  readonly fieldsOf: (subject: string) => SpanFields;
  /** Called for each change once it is on the bus. */
  readonly published?: (observedAt: number) => void;
}

/**
 * The bus as a watcher's writer sees it: a write whose headers say when its object was observed begins a trace, and carries it.
 * What a writer holds back because it stands already, and what carries no such header (a list at the start), begins none.
 */
export function observing<B extends Publishing>(bus: B, { tracer, fieldsOf, published = () => undefined }: Observing): B {
  return {
    ...bus,
    publish: async (subject, bytes, options = {}) => {
      const observedAt = originIn(options.headers ?? {})?.observedAt;
      if (observedAt === undefined) return bus.publish(subject, bytes, options);
      const span = tracer.root("watch.fact", { at: observedAt, fields: { ...fieldsOf(subject), gone: bytes === undefined } });
      // Where the write fails the span is let go of: the writer tries again, and what never stood is no change.
      const seq = await bus.publish(subject, bytes, { ...options, headers: { ...options.headers, ...originHeaders({ trace: span.trace, observedAt }) } });
      span.end({ revision: seq });
      published(observedAt);
      return seq;
    },
  };
}

/** The bus as the writers of one turn see it: all they write carries what the turn follows from, and nothing outside of one. */
export function carrying<B extends Publishing>(bus: B, origin: () => Origin | undefined): B {
  return { ...bus, publish: (subject, bytes, options = {}) => bus.publish(subject, bytes, { ...options, headers: { ...options.headers, ...originHeaders(origin()) } }) };
}
