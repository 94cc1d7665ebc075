import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createMetrics, measureProcess, meshMetrics, version, type MeshMetric } from "../src/index.ts";
import { metricsPage } from "./metrics-page.ts";

const top = `${import.meta.dirname}/../../..`;
const all: readonly (readonly [string, MeshMetric])[] = Object.entries(meshMetrics);

/** A metric is said by who names it, or its place in the list. */
function isSaidBy(service: string, key: string, name: string): boolean {
  const folder = service === "all" ? `${top}/libs/runtime/src` : `${top}/services/${service}/src`;
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts") && !file.endsWith("mesh-metrics.ts"));
  return sources.some((file) => {
    const text = readFileSync(`${folder}/${file}`, "utf8");
    return new RegExp(`\\bmeshMetrics\\.${key}\\b`).test(text) || text.includes(`"${name}"`);
  });
}

describe("the list of metrics", () => {
  test("has each name once, of a form that Prometheus reads", () => {
    const names = all.map(([, { name }]) => name);
    expect(new Set(names).size).toBe(names.length);
    const metrics = createMetrics();
    for (const [, metric] of all) metrics[metric.kind](metric);
    expect(metrics.text()).toContain("# TYPE mesh_convergence_seconds histogram\n");
    expect(all.filter(([, { help }]) => !help.endsWith(".") || help.includes("|"))).toEqual([]);
  });
  test("has no label that grows with the mesh", () => {
    const labels = new Set(all.flatMap(([, metric]) => metric.labels));
    expect([...labels].toSorted()).toEqual(["code", "kind", "namespace", "quantile", "reason", "resource_type", "result", "severity", "stage", "subject", "success", "type", "version"]);
  });
  test("claims of no service that it says what it does not, and names nothing that nobody says", () => {
    expect(all.filter(([, { by }]) => by.length === 0).map(([, { name }]) => name)).toEqual([]);
    const claims = all.flatMap(([key, { name, by }]) => by.map((service) => ({ service, key, name })));
    expect(claims.filter(({ service, key, name }) => !isSaidBy(service, key, name))).toEqual([]);
  });
  test("stands in docs/metrics.md (npm run goldens)", async () => {
    await expect(metricsPage(all.map(([, metric]) => metric))).toMatchFileSnapshot(`${top}/docs/metrics.md`);
  });
});

describe("a process", () => {
  test("says what it costs and which version it is, as it is when asked", () => {
    const metrics = createMetrics();
    using _measured = measureProcess(metrics);
    const value = (name: string) => Number(new RegExp(`^${name}(?:{.*})? (.*)$`, "m").exec(metrics.text())?.[1]);
    expect(metrics.text()).toContain(`osm_version_info{version="${version}"} 1\n`);
    expect(value("process_resident_memory_bytes")).toBeGreaterThan(10_000_000);
    expect(value("nodejs_heap_used_bytes")).toBeGreaterThan(1_000_000);
    expect(value("process_start_time_seconds")).toBeLessThan(Date.now() / 1000);
    const before = value("process_cpu_seconds_total");
    const enough = process.cpuUsage();
    while (process.cpuUsage(enough).user < 20_000) Math.sqrt(before);
    expect(value("process_cpu_seconds_total")).toBeGreaterThanOrEqual(before + 0.02);
    expect(metrics.text()).toMatch(/^nodejs_eventloop_delay_seconds{quantile="0.99"} \d/m);
  });
});
