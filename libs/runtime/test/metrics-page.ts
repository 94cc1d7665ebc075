import { droppedMetrics, type MeshMetric } from "../src/index.ts";

/** The list of metrics as docs/metrics.md shows it. */
export function metricsPage(metrics: readonly MeshMetric[]): string {
  return [
    "# Metrics of the control plane",
    "",
    "Each service answers `/metrics` on its health port in Prometheus' text format. Label sets never vary, and no proxy, pod or object",
    "is a label. Names that begin with `osm_` are OSM's own. This page is made of `libs/runtime/src/mesh-metrics.ts` (`npm run goldens`).",
    "",
    "Wake somebody up for `mesh_expiry_alarm` and `mesh_trust_bundle_differs` above 0. `mesh_convergence_seconds{stage=\"acked\"}` is the",
    "number that the control plane is judged by: how long a change took from the watch to the last ACK.",
    "",
    "| metric | kind | labels | by | means |",
    "|---|---|---|---|---|",
    ...metrics.map(rowOf),
    "",
    "## Names of OSM that are gone",
    "",
    "| metric | why |",
    "|---|---|",
    ...droppedMetrics.map(({ name, why }) => `| ${name.split(", ").map((each) => `\`${each}\``).join(", ")} | ${why} |`),
    "",
  ].join("\n");
}

function rowOf({ name, kind, labels, by, help }: MeshMetric): string {
  return `| ${[`\`${name}\``, kind, labels.length === 0 ? "–" : labels.join(", "), by.join(", "), help].join(" | ")} |`;
}
