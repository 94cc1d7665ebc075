import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { keptStats } from "../../libs/inject/src/index.ts";
import { meshMetrics } from "../../libs/runtime/src/index.ts";
import { dashboards } from "../dashboards/all.ts";
import { grafanaJson } from "../dashboards/grafana.ts";
import { at, chart, listAt } from "./rendered-chart.ts";

const folder = `${chart}/dashboards`;
const rules = readFileSync(`${chart}/alerts/rules.yml`, "utf8");

/** Names in a question that are neither labels, functions, nor words of the language. */
function metricsIn(expr: string): readonly string[] {
  const bare = expr.replaceAll(/"[^"]*"/g, "").replaceAll(/\{[^}]*\}/g, "").replaceAll(/\[[^\]]*\]/g, "").replaceAll(/\b(by|without|on)\s*\([^)]*\)/g, "");
  return [...bare.matchAll(/\b(?:up|[a-z]+(?:_[a-z0-9]+)+)\b(?!\s*\()/g)].map(([name]) => name);
}

const ours = new Set<string>(Object.values(meshMetrics).flatMap(({ name, kind }) => (kind === "histogram" ? ["bucket", "count", "sum"].map((part) => `${name}_${part}`) : [name])));
const kept = listAt(keptStats, "stats_matcher", "inclusion_list", "patterns").map((pattern) => new RegExp(`^(?:${String(at(pattern, "safe_regex", "regex"))})$`));

/** What Envoy itself calls a metric of a service, of an inbound port, of a listener or of the sidecar. */
function statOf(metric: string): string {
  const name = metric.replace(/^envoy_/, "").replace(/_(bucket|count|sum)$/, "").replace(/_xx$/, "_5xx");
  const [, of = "", rest = name] = /^(cluster|http|listener|rbac|sds)_(?!manager_)(.*)$/.exec(name) ?? [];
  const inner = rest.replace(/^(ssl|rbac|rds)_/, "$1.").replace(/^circuit_breakers_default_/, "circuit_breakers.default.");
  switch (of) {
    case "cluster":
      return `cluster.shop/web|80.${inner}`;
    case "http":
      return `http.mesh-http-conn-manager.rds-inbound.80.${inner.replace(/^rds\./, "rds.rds-inbound.80.")}`;
    case "listener":
      return `listener.0.0.0.0_15003.${inner}`;
    case "rbac":
      return `network-80.rbac.${inner}`;
    case "sds":
      return `sds.identity.${inner}`;
    default:
      return name.replace(/^(server|control_plane|cluster_manager|listener_manager)_/, "$1.").replace(/\.(cds|lds)_/, ".$1.");
  }
}

function isExposed(metric: string): boolean {
  if (!metric.startsWith("envoy_")) return metric === "up" || ours.has(metric);
  return kept.some((pattern) => pattern.test(statOf(metric)));
}

describe.each(dashboards.map((dashboard) => [dashboard.name, dashboard] as const))("the dashboard %s", (name, dashboard) => {
  const exprs = dashboard.rows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries.map(({ expr }) => expr)));

  test("is the file of the chart", async () => {
    await expect(grafanaJson(dashboard)).toMatchFileSnapshot(`${folder}/${name}.json`);
  });

  test("asks only for what a sidecar keeps and a service says", () => {
    const asked = [...exprs, ...dashboard.variables.map(({ metric }) => metric)].flatMap(metricsIn);
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((metric) => !isExposed(metric))).toEqual([]);
  });

  test("has panels that do not cover one another, each with a number of its own and a title", () => {
    const panels = listAt(JSON.parse(grafanaJson(dashboard)), "panels");
    expect(new Set(panels.map((panel) => at(panel, "id"))).size).toBe(panels.length);
    const taken = new Set<string>();
    for (const panel of panels) {
      expect(at(panel, "title")).toMatch(/\S/);
      const { x, y, w, h } = Object(at(panel, "gridPos"));
      expect(x + w).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column += 1) {
        for (let row = y; row < y + h; row += 1) {
          expect(taken.has(`${column} ${row}`)).toBe(false);
          taken.add(`${column} ${row}`);
        }
      }
    }
  });

  test("asks by no name that is not among its choices", () => {
    const known = new Set(["datasource", "__rate_interval", ...dashboard.variables.map((each) => each.name)]);
    const used = [...grafanaJson(dashboard).matchAll(/\$\{?(\w+)/g)].flatMap(([, variable = ""]) => (variable === "__all" ? [] : [variable]));
    expect(used.filter((variable) => !known.has(variable))).toEqual([]);
  });
});

test("the chart has no dashboard that is made by nobody", () => {
  expect(readdirSync(folder).toSorted()).toEqual(dashboards.map(({ name }) => `${name}.json`).toSorted());
});

test("alerts ask only for what a sidecar keeps and a service says", () => {
  const asked = [...rules.matchAll(/expr: (.*)/g)].flatMap(([, expr = ""]) => metricsIn(expr));
  expect(asked.length).toBeGreaterThan(8);
  expect(asked.filter((metric) => !isExposed(metric))).toEqual([]);
});

test("a metric that nobody exposes is found out", () => {
  expect(["envoy_cluster_lb_healthy_panic", "mesh_nacks_total", "osm_request_total", "mesh_convergence_seconds"].filter(isExposed)).toEqual([]);
  expect(metricsIn('sum by (source_namespace) (rate(envoy_http_rbac_denied{source_namespace=~"a_b"}[$__rate_interval])) or vector(0)')).toEqual(["envoy_http_rbac_denied"]);
});
