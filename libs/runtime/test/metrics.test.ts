import { describe, expect, test } from "vitest";
import { createMetrics } from "../src/index.ts";

describe("metrics", () => {
  test("are written in Prometheus' text format", () => {
    const metrics = createMetrics();
    const nacks = metrics.counter({ name: "mesh_nack_total", help: "Refusals by Envoy.", labels: ["type"] });
    const proxies = metrics.gauge({ name: "mesh_proxies", help: "Open streams." });
    nacks.inc({ type: "CDS" });
    nacks.inc({ type: "CDS" }, 2);
    nacks.inc({ type: 'a"b\\c\nd' });
    proxies.set({}, 7);
    expect(metrics.text()).toBe(
      [
        "# HELP mesh_nack_total Refusals by Envoy.",
        "# TYPE mesh_nack_total counter",
        'mesh_nack_total{type="CDS"} 3',
        'mesh_nack_total{type="a\\"b\\\\c\\nd"} 1',
        "# HELP mesh_proxies Open streams.",
        "# TYPE mesh_proxies gauge",
        "mesh_proxies 7",
        "",
      ].join("\n"),
    );
  });

  test("count observations into cumulative buckets", () => {
    const metrics = createMetrics();
    const seconds = metrics.histogram({ name: "took_seconds", help: "Time.", labels: ["stage"], buckets: [0.1, 1] });
    for (const value of [0.1, 0.5, 3]) seconds.observe({ stage: "push" }, value);
    expect(metrics.text().split("\n").slice(2, -1)).toEqual([
      'took_seconds_bucket{stage="push",le="0.1"} 1',
      'took_seconds_bucket{stage="push",le="1"} 2',
      'took_seconds_bucket{stage="push",le="+Inf"} 3',
      'took_seconds_sum{stage="push"} 3.6',
      'took_seconds_count{stage="push"} 3',
    ]);
  });

  test("without labels are there from the start, and a removed label set is gone", () => {
    const metrics = createMetrics();
    metrics.counter({ name: "a_total", help: "A." });
    const staleness = metrics.gauge({ name: "b", help: "B.", labels: ["kind"] });
    staleness.set({ kind: "Pod" }, 1);
    staleness.remove({ kind: "Pod" });
    expect(metrics.text()).toBe("# HELP a_total A.\n# TYPE a_total counter\na_total 0\n# HELP b B.\n# TYPE b gauge\n");
  });

  test("refuse a taken name, a bad name and a bad label", () => {
    const metrics = createMetrics();
    metrics.counter({ name: "a_total", help: "A." });
    expect(() => metrics.gauge({ name: "a_total", help: "A." })).toThrow("metric exists: a_total");
    expect(() => metrics.gauge({ name: "a-b", help: "A." })).toThrow("not a metric name: a-b");
    expect(() => metrics.histogram({ name: "c", help: "C.", labels: ["le"] })).toThrow("not a label name: le");
  });
});
