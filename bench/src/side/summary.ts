import type { Reach } from "./reach.ts";

/** The value below which a share of all lie. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("nothing was measured");
  return value;
}

/** Several changes of one kind, as numbers of a row. */
export function summaryOf(reaches: readonly Reach[], proxies: number): Readonly<Record<string, number>> {
  const received = reaches.flatMap(({ receivedMs }) => receivedMs);
  const last = reaches.map(({ lastAckMs }) => lastAckMs);
  const pushes = proxies * reaches.length;
  return {
    "ms to the last ACK p50": quantile(last, 0.5),
    "ms p99": quantile(last, 0.99),
    "ms to a proxy p50": quantile(received, 0.5),
    "ms p99 of proxies": quantile(received, 0.99),
    "ms max": Math.max(...received),
    ...cpuOf(reaches, pushes),
    "µs client CPU a push": (total(reaches.map(({ clientCpuMs }) => clientCpuMs)) * 1000) / pushes,
    "bytes a proxy": total(reaches.map(({ bytes }) => bytes)) / pushes,
    "resources a proxy": total(reaches.map(({ resources }) => resources)) / pushes,
  };
}

/** Of all processes together, and of each where there are several. */
function cpuOf(reaches: readonly Reach[], pushes: number): Readonly<Record<string, number>> {
  const names = Object.keys(reaches[0]?.cpuMs ?? {});
  const micros = (name: string) => (total(reaches.map(({ cpuMs }) => cpuMs[name] ?? 0)) * 1000) / pushes;
  const each = names.length > 1 ? names.map((name) => [`µs ${name}`, micros(name)] as const) : [];
  return { "µs CPU a push": total(names.map(micros)), ...Object.fromEntries(each) };
}

export function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
