import type { z } from "zod";

export type Env = Readonly<Record<string, string | undefined>>;

export interface BadVariable {
  readonly name: string;
  /** What would have been right. Never what was there: it may be a secret. */
  readonly reason: string;
}

/** The environment does not configure the service. Names every bad variable at once. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly variables: readonly BadVariable[];
  constructor(variables: readonly BadVariable[]) {
    super(`bad environment: ${variables.map(({ name, reason }) => `${name} (${reason})`).join(", ")}`);
    this.variables = variables;
  }
}

/**
 * Reads a service's configuration. Variables that the schema does not name are left alone; an empty one counts as missing.
 * @throws ConfigError
 */
export function parseEnv<S extends z.ZodType>(schema: S, env: Env): z.output<S> {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const bad = new Map<string, string>();
  for (const issue of result.error.issues) {
    const name = String(issue.path[0] ?? "environment");
    if (!bad.has(name)) bad.set(name, name === "environment" || name in given ? reasonOf(issue) : "missing");
  }
  throw new ConfigError([...bad].map(([name, reason]) => ({ name, reason })));
}

/** Said from the schema alone: zod's own messages may quote the input. */
function reasonOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return `expected ${issue.expected}`;
    case "invalid_value":
      return `one of ${issue.values.join(", ")}`;
    case "invalid_format":
      return `expected ${issue.format}`;
    case "too_small":
      return `at least ${issue.minimum}`;
    case "too_big":
      return `at most ${issue.maximum}`;
    case "not_multiple_of":
      return `a multiple of ${issue.divisor}`;
    case "unrecognized_keys":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "custom":
      return "invalid";
  }
}
