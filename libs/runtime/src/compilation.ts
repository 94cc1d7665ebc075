import type { Origin } from "@osm/wire";
import { noSpan, type Span, type SpanFields, type Tracer } from "./tracer.ts";

/** A fact that was folded, and the change it tells of; none where it was read as old news. */
export interface FoldedFact {
  readonly origin: Origin | undefined;
}

/** One turn of a compiler. */
export interface Compilation {
  /** `compile.mesh`. Its trace is where the stages after it go on. */
  readonly span: Span;
  /** What every message of this turn carries; undefined where it follows from no change. */
  readonly origin: Origin | undefined;
}

/** A span holds no more links. */
const mostLinked = 128;
const untraced: Compilation = { span: noSpan, origin: undefined };

/**
 * Several changes may be compiled as one. The turn goes on in the newest one's trace, which is the one whose ACK ends the wait
 * of all; each other trace ends with its `compile.fold`, linked with the turn both ways. Call it when the facts have been taken.
 */
export function beginCompilation<F extends FoldedFact>(tracer: Tracer, facts: readonly F[], fieldsOf: (fact: F) => SpanFields): Compilation {
  const live = facts.flatMap((fact) => (fact.origin === undefined ? [] : [{ fact, origin: fact.origin }]));
  if (live.length === 0) return untraced;
  const folds = live.slice(-mostLinked).map(({ fact, origin }) => tracer.span("compile.fold", origin.trace, { fields: fieldsOf(fact) }));
  const newest = folds.findLast(({ trace }) => trace !== undefined);
  const span = tracer.span("compile.mesh", newest?.trace, { fields: { facts: facts.length, changes: live.length } });
  for (const fold of folds) {
    if (fold !== newest) {
      span.link(fold.trace);
      fold.link(span.trace);
    }
    fold.end();
  }
  return { span, origin: { trace: span.trace, observedAt: earliest(live.map(({ origin }) => origin.observedAt)) } };
}

function earliest(times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : known.reduce((least, time) => Math.min(least, time));
}
