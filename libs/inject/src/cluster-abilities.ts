import { z } from "zod";

const schema = z.object({ major: z.string().max(8), minor: z.string().max(8) });

/** What pods of a cluster may have. */
export interface ClusterAbilities {
  readonly nativeSidecars: boolean;
  readonly sleepHooks: boolean;
}

/** From what an API server says at `/version`: each counts from the release on in which it needs no switch. Undefined for what is no version. */
export function clusterAbilities(version: unknown): ClusterAbilities | undefined {
  const parsed = schema.safeParse(version);
  // Some clouds write `29+`.
  const minor = Number.parseInt(parsed.data?.minor ?? "", 10);
  if (parsed.data?.major !== "1" || Number.isNaN(minor)) return undefined;
  return { nativeSidecars: minor >= 29, sleepHooks: minor >= 30 };
}
