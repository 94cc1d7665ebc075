import type { CompiledMesh } from "@osm/compile";
import { beginCompilation, inSpan, noTracer, systemClock, type Clock, type SpanFields, type Tracer } from "@osm/runtime";
import type { Origin } from "@osm/wire";
import type { CompilerMetrics } from "./compiler-metrics.ts";
import type { ReadFact } from "./read-facts.ts";

/** Goes on from the changes that a turn folds to all that is said of them. */
export interface ChangeTrace {
  /** What is being said follows from this change; undefined where it follows from none. */
  origin(): Origin | undefined;
  compile(facts: readonly ReadFact[], compile: () => CompiledMesh): CompiledMesh;
  /** `publish` tells whether all was said. What was not is said by a later turn, and still follows from this one's changes. */
  publish(publish: () => Promise<boolean | undefined>): Promise<boolean | undefined>;
}

interface TraceDeps {
  readonly tracer?: Tracer;
  readonly clock?: Pick<Clock, "now">;
  readonly metrics: CompilerMetrics;
}

export function traceChanges({ tracer = noTracer, clock = systemClock, metrics }: TraceDeps): ChangeTrace {
  let unsaid: Origin | undefined;
  let saying: Origin | undefined;
  return {
    origin: () => saying,
    compile: (facts, compile) => {
      const { span, origin } = beginCompilation(tracer, facts, fieldsOf);
      const begun = performance.now();
      const mesh = compile();
      span.end({ views: mesh.views.length });
      metrics.compiled(mesh, (performance.now() - begun) / 1000);
      unsaid = origin ?? unsaid;
      return mesh;
    },
    publish: (publish) => inSpan(tracer.span("compile.publish", unsaid?.trace), async (span) => {
      saying = unsaid && { ...unsaid, trace: span.trace };
      const isWhole = await publish().finally(() => {
        saying = undefined;
      });
      if (isWhole !== true) return isWhole;
      if (unsaid?.observedAt !== undefined) metrics.said((clock.now() - unsaid.observedAt) / 1000);
      unsaid = undefined;
      return true;
    }),
  };
}

function fieldsOf({ observation, revision }: ReadFact): SpanFields {
  const { kind, namespace, name } = "fact" in observation ? observation.fact : observation.gone;
  return { kind, namespace, name, revision };
}
