import type { Env } from "./env.ts";

/** The environment of this process, as it is now. The only place that reads it. */
export function processEnv(): Env {
  return { ...process.env };
}
