import type { Dashboard, Panel, Query, Row, Variable } from "./dashboard.ts";

/** Of Grafana 10; newer ones read it and bring it up to date by themselves. */
const schemaVersion = 39;
const width = 24;
const heights = { lines: 8, number: 4 } as const;
const source = { type: "prometheus", uid: "${datasource}" } as const;

/** A dashboard as Grafana's own file of it. */
export function grafanaJson(dashboard: Dashboard): string {
  return `${JSON.stringify(modelOf(dashboard), undefined, 2)}\n`;
}

function modelOf({ name, title, says, variables, rows }: Dashboard): object {
  return {
    uid: `osm-${name}`,
    title,
    description: says,
    tags: ["osm"],
    schemaVersion,
    version: 1,
    editable: true,
    graphTooltip: 1,
    refresh: "30s",
    time: { from: "now-1h", to: "now" },
    timezone: "",
    annotations: { list: [] },
    links: [{ title: "Open Service Mesh", type: "dashboards", tags: ["osm"], asDropdown: true, includeVars: true, keepTime: true, targetBlank: false, icon: "external link", tooltip: "", url: "" }],
    templating: { list: [chosenSource, ...variables.map(variable)] },
    panels: laidOut(rows),
  };
}

/** Whose Prometheus it is, the reader says; Grafana's default at first. */
const chosenSource = { name: "datasource", label: "Prometheus", type: "datasource", query: "prometheus", hide: 0, current: { text: "default", value: "default" }, options: [], refresh: 1, regex: "" };

function variable({ name, label, of, metric, all = ".*" }: Variable): object {
  const query = `label_values(${metric}, ${of})`;
  return {
    name, label, type: "query", datasource: source, query: { query, refId: name },
    includeAll: true, multi: true, allValue: all, current: { text: ["All"], value: ["$__all"] }, options: [], refresh: 2, sort: 1, hide: 0, regex: "",
  };
}

/** Rows below one another, the panels of each side by side. */
function laidOut(rows: readonly Row[]): readonly object[] {
  const panels: object[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({ id: panels.length + 1, type: "row", title: row.title, collapsed: false, panels: [], gridPos: { h: 1, w: width, x: 0, y } });
    y += 1;
    const each = Math.floor(width / row.panels.length);
    const h = Math.max(...row.panels.map(({ kind }) => heights[kind]));
    for (const [at, panel] of row.panels.entries()) panels.push(panelOf(panel, panels.length + 1, { h, w: each, x: at * each, y }));
    y += h;
  }
  return panels;
}

function panelOf({ kind, title, says, unit, queries }: Panel, id: number, gridPos: object): object {
  const targets = queries.map((query, at) => target(query, { refId: String.fromCodePoint(65 + at), instant: kind === "number" }));
  return { id, title, description: says, datasource: source, gridPos, targets, fieldConfig: { defaults: { unit, ...lookOf(kind).field }, overrides: [] }, ...lookOf(kind).panel };
}

function target({ expr, legend }: Query, { refId, instant }: { readonly refId: string; readonly instant: boolean }): object {
  return { refId, datasource: source, expr, instant, range: !instant, legendFormat: legend === "" ? "__auto" : legend, editorMode: "code" };
}

function lookOf(kind: Panel["kind"]): { readonly field: object; readonly panel: object } {
  switch (kind) {
    case "lines":
      return {
        field: { min: 0, custom: { drawStyle: "line", fillOpacity: 10, lineWidth: 1, showPoints: "never", spanNulls: false } },
        panel: { type: "timeseries", options: { legend: { displayMode: "list", placement: "bottom", showLegend: true, calcs: [] }, tooltip: { mode: "multi", sort: "desc" } } },
      };
    case "number":
      return { field: {}, panel: { type: "stat", options: { colorMode: "none", graphMode: "none", justifyMode: "auto", textMode: "auto", reduceOptions: { calcs: ["lastNotNull"], fields: "", values: false } } } };
  }
}
