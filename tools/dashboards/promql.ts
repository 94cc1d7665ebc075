/** Selectors with the same braces as Prometheus: `requests({ source_namespace: "$namespace" })`. A value is a regular expression. */
export type Selector = Readonly<Record<string, string>>;

export function metric(name: string, labels: Selector = {}): string {
  const matchers = Object.entries(labels).map(([label, value]) => `${label}=~${JSON.stringify(value)}`);
  return matchers.length === 0 ? name : `${name}{${matchers.join(",")}}`;
}

/** How fast a counter grows, each second, over as long as Grafana finds right for what is shown. */
export function rate(name: string, labels: Selector = {}): string {
  return `rate(${metric(name, labels)}[$__rate_interval])`;
}

export function sum(inner: string, ...by: readonly string[]): string {
  return by.length === 0 ? `sum(${inner})` : `sum by (${by.join(", ")}) (${inner})`;
}

/** Below which value that share of what a histogram counted lies. */
export function quantile(share: number, histogram: string, { labels = {}, by = [] }: { readonly labels?: Selector; readonly by?: readonly string[] } = {}): string {
  return `histogram_quantile(${share}, ${sum(rate(`${histogram}_bucket`, labels), "le", ...by)})`;
}

/** For what Prometheus has never heard of, and is therefore none. */
export function orNone(inner: string): string {
  return `${inner} or vector(0)`;
}

/** Which part of all it is: 0 where there is none of it, and nothing where there is nothing at all. */
export function share(part: string, all: string): string {
  return `(${part}) / (${all} > 0) or 0 * (${all} > 0)`;
}
