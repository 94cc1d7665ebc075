export const benches = ["compile", "push", "envoy"] as const;
export type Bench = (typeof benches)[number];

export const usage = `usage: npm run bench -- ${benches.join("|")} … [--json]`;

export interface Request {
  /** All of them where none was named. */
  readonly benches: readonly Bench[];
  /** One JSON object a line. */
  readonly json: boolean;
}

/** Undefined when an argument is not known. */
export function parseRequest(args: readonly string[]): Request | undefined {
  const names = args.filter((arg) => arg !== "--json");
  const known = benches.filter((bench) => names.includes(bench));
  if (names.some((name) => !known.some((bench) => bench === name))) return undefined;
  return { benches: names.length === 0 ? benches : known, json: args.includes("--json") };
}
