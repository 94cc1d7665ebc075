import { InvalidArgumentError, Option } from "commander";

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const units: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** @throws InvalidArgumentError, of which Commander tells the option. */
export function labelOf(value: string): string {
  if (!label.test(value)) throw new InvalidArgumentError("It is to be a name of Kubernetes: small letters, digits and -, at most 63.");
  return value;
}

export function portOf(value: string): number {
  const port = /^\d{1,5}$/.test(value) ? Number(value) : 0;
  if (port < 1 || port > 65_535) throw new InvalidArgumentError("It is to be a port, from 1 to 65535.");
  return port;
}

/** Seconds of a duration as Helm writes it: `90s`, `5m`, `1h30m`. */
function durationOf(value: string): number {
  const parts = [...value.matchAll(/(\d+)([hms])/g)];
  const seconds = parts.reduce((sum, [, count = "0", unit = "s"]) => sum + Number(count) * (units[unit] ?? 1), 0);
  if (parts.map(([part]) => part).join("") !== value || seconds === 0) throw new InvalidArgumentError("It is to be a duration, such as 90s, 5m or 1h30m.");
  return seconds;
}

/** For an option that may be given several times. */
export function each(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** For an option that may be given several times, or once with commas between. */
export function eachOf(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(",").filter((part) => part !== "")];
}

const yes: ReadonlySet<string> = new Set(["true", "yes", "1", "t"]);
const no: ReadonlySet<string> = new Set(["false", "no", "0", "f"]);

export function truthOf(value: string): boolean {
  if (yes.has(value.toLowerCase())) return true;
  if (no.has(value.toLowerCase())) return false;
  throw new InvalidArgumentError("It is to be true or false.");
}

/** A switch that also takes `=true` and `=false`, as OSM's do. Never the word behind it: that is an argument. */
export function truthOption(name: string, description: string): Option {
  return new Option(`--${name} [bool]`, description).argParser(truthOf);
}

/** How long to wait for a control plane, in seconds. */
export function timeoutOption(): Option {
  return new Option("--timeout <duration>", "how long to wait, as 90s or 5m").argParser(durationOf).default(300, "5m");
}

/** Gives a bare switch its value, so that what stands behind it is not taken for one. */
export function spelledOut(argv: readonly string[], switches: ReadonlySet<string>): readonly string[] {
  const end = argv.indexOf("--");
  return argv.map((word, at) => ((end < 0 || at < end) && switches.has(word) ? `${word}=true` : word));
}
