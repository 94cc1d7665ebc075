import type { CompiledMesh } from "@osm/compile";
import { meshMetrics, type Metrics } from "@osm/runtime";

export interface CompilerMetrics {
  compiled(mesh: CompiledMesh, tookSec: number): void;
  /** All that follows from a change is on the bus, so long after the change was observed. */
  said(sinceSec: number): void;
}

export function compilerMetrics(metrics: Metrics): CompilerMetrics {
  const cache = metrics.counter(meshMetrics.compileCache);
  const took = metrics.histogram(meshMetrics.compileSeconds);
  const convergence = metrics.histogram(meshMetrics.convergence);
  const [views, findings] = [metrics.gauge(meshMetrics.views), metrics.gauge(meshMetrics.findings)];
  let last: CompiledMesh | undefined;
  let shown: readonly FindingLabels[] = [];
  metrics.beforeText(() => {
    for (const labels of shown) findings.remove(labels);
    const counted = countOf(last);
    for (const [labels, count] of counted) findings.set(labels, count);
    shown = counted.map(([labels]) => labels);
    views.set({}, last?.views.length ?? 0);
  });
  return {
    compiled: (mesh, tookSec) => {
      took.observe({}, tookSec);
      const hits = hitsOf(mesh, last);
      cache.inc({ result: "hit" }, hits);
      cache.inc({ result: "miss" }, mesh.cache.views.size - hits);
      last = mesh;
    },
    said: (sinceSec) => convergence.observe({ stage: "compiled" }, Math.max(0, sinceSec)),
  };
}

function hitsOf({ cache: { views } }: CompiledMesh, before: CompiledMesh | undefined): number {
  if (before?.cache.views === views) return views.size;
  let hits = 0;
  for (const slice of views.keys()) if (before?.cache.views.has(slice)) hits += 1;
  return hits;
}

interface FindingLabels {
  readonly code: string;
  readonly severity: string;
}

function countOf(mesh: CompiledMesh | undefined): readonly (readonly [FindingLabels, number])[] {
  const byLabels = Map.groupBy(mesh?.findings ?? [], ({ code, severity }) => `${code} ${severity}`);
  return [...byLabels.values()].flatMap((alike) => alike.slice(0, 1).map(({ code, severity }) => [{ code, severity }, alike.length] as const));
}
