import { droppedMetrics, type MeshMetric } from "../src/index.ts";

/** The list of metrics as docs/metrics.md shows it. */
export function metricsPage(metrics: readonly MeshMetric[]): string {
  const said = metrics.filter(({ by }) => by.length > 0);
  const reserved = metrics.filter(({ by }) => by.length === 0);
  return [
    "# Metrics of the control plane",
    "",
    "Each service answers `/metrics` on its health port in Prometheus' text format. Label sets never vary, and no proxy, pod or object",
    "is a label. Names that begin with `osm_` are OSM's own. This page is made of `libs/runtime/src/mesh-metrics.ts` (`npm run goldens`).",
    "",
    "Wake somebody up for `mesh_expiry_alarm` and `mesh_trust_bundle_differs` above 0.",
    "",
    "| metric | kind | labels | by | means |",
    "|---|---|---|---|---|",
    ...said.map((metric) => `${rowOf(metric, [metric.by.join(", ")])}`),
    "",
    "## Named, and not said yet",
    "",
    "No service says these today. Whoever adds one takes the name, the labels and the sentence from here.",
    "",
    "| metric | kind | labels | means |",
    "|---|---|---|---|",
    ...reserved.map((metric) => rowOf(metric, [])),
    "",
    "## Names of OSM that are gone",
    "",
    "| metric | why |",
    "|---|---|",
    ...droppedMetrics.map(({ name, why }) => `| ${name.split(", ").map((each) => `\`${each}\``).join(", ")} | ${why} |`),
    "",
  ].join("\n");
}

function rowOf({ name, kind, labels, help }: MeshMetric, more: readonly string[]): string {
  return `| ${[`\`${name}\``, kind, labels.length === 0 ? "–" : labels.join(", "), ...more, help].join(" | ")} |`;
}
