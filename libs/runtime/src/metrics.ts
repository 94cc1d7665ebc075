import { createSeries, type LabelValues, type Series } from "./series.ts";

/** Name, one sentence of help, and the labels that every sample of it carries. Never a proxy id as a label. */
export interface MetricOptions<L extends string = never> {
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly L[];
}

export interface Counter<L extends string> {
  inc(labels: LabelValues<L>, by?: number): void;
}
export interface Gauge<L extends string> {
  set(labels: LabelValues<L>, value: number): void;
  /** Forgets a label set whose subject is gone. */
  remove(labels: LabelValues<L>): void;
}
export interface Histogram<L extends string> {
  observe(labels: LabelValues<L>, value: number): void;
}

export interface Metrics {
  counter<L extends string = never>(options: MetricOptions<L>): Counter<L>;
  gauge<L extends string = never>(options: MetricOptions<L>): Gauge<L>;
  /** `buckets` are upper bounds, rising; +Inf is added. */
  histogram<L extends string = never>(options: MetricOptions<L> & { readonly buckets?: readonly number[] }): Histogram<L>;
  /** Runs before each `text`, to read what is not worth following all the time. */
  beforeText(read: () => void): void;
  /** All of it in Prometheus' text format 0.0.4. */
  text(): string;
}

/** Bounds in seconds, from a push within one process to a stuck one. */
export const secondsBuckets: readonly number[] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30];

type Kind = "counter" | "gauge" | "histogram";
type Lines = () => readonly string[];

/** @throws TypeError (on registering) for a name that is no metric name or is taken. */
export function createMetrics(): Metrics {
  const families = new Map<string, Lines>();
  const reads: (() => void)[] = [];
  const register = (kind: Kind, { name, help }: MetricOptions<string>, lines: Lines): void => {
    if (!/^[a-zA-Z_:][a-zA-Z0-9_:]*$/.test(name)) throw new TypeError(`not a metric name: ${name}`);
    if (families.has(name)) throw new TypeError(`metric exists: ${name}`);
    families.set(name, () => [`# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`, `# TYPE ${name} ${kind}`, ...lines()]);
  };
  return {
    counter: (options) => {
      const series = plainSeries(options, () => ({ value: 0 }));
      register("counter", options, () => plainLines(options.name, series));
      return { inc: (labels, by = 1) => void (series.at(labels).value += Math.max(0, by)) };
    },
    gauge: (options) => {
      const series = plainSeries(options, () => ({ value: 0 }));
      register("gauge", options, () => plainLines(options.name, series));
      return { set: (labels, value) => void (series.at(labels).value = value), remove: (labels) => series.remove(labels) };
    },
    histogram: (options) => {
      const bounds = options.buckets ?? secondsBuckets;
      const series = plainSeries(options, () => ({ sum: 0, count: 0, buckets: bounds.map(() => 0) }));
      register("histogram", options, () => histogramLines(options.name, bounds, series));
      return { observe: (labels, value) => observe(series.at(labels), bounds, value) };
    },
    beforeText: (read) => void reads.push(read),
    text: () => {
      for (const read of reads) read();
      return [...families.values()].map((lines) => `${lines().join("\n")}\n`).join("");
    },
  };
}

/** A metric without labels has its one sample from the start; with labels, each appears when first touched. */
function plainSeries<L extends string, V>(options: MetricOptions<L>, zero: () => V): Series<L, V> {
  return createSeries(options.labels ?? [], zero);
}

function plainLines<L extends string>(name: string, series: Series<L, { readonly value: number }>): readonly string[] {
  return series.all().map(({ labels, held }) => `${name}${braced(labels)} ${number(held.value)}`);
}

interface Observed {
  sum: number;
  count: number;
  readonly buckets: number[];
}

function observe(held: Observed, bounds: readonly number[], value: number): void {
  held.sum += value;
  held.count += 1;
  const index = bounds.findIndex((bound) => value <= bound);
  if (index >= 0) held.buckets[index] = (held.buckets[index] ?? 0) + 1;
}

function histogramLines<L extends string>(name: string, bounds: readonly number[], series: Series<L, Observed>): readonly string[] {
  return series.all().flatMap(({ labels, held }) => {
    let below = 0;
    const buckets = bounds.map((bound, index) => {
      below += held.buckets[index] ?? 0;
      return `${name}_bucket${braced([...labels, `le="${number(bound)}"`])} ${below}`;
    });
    return [
      ...buckets,
      `${name}_bucket${braced([...labels, 'le="+Inf"'])} ${held.count}`,
      `${name}_sum${braced(labels)} ${number(held.sum)}`,
      `${name}_count${braced(labels)} ${held.count}`,
    ];
  });
}

function braced(labels: readonly string[]): string {
  return labels.length === 0 ? "" : `{${labels.join(",")}}`;
}

function number(value: number): string {
  if (value === Infinity) return "+Inf";
  return value === -Infinity ? "-Inf" : String(value);
}
