import { getAsset, isSea } from "node:sea";
import { z } from "zod";

const schema = z.object({ commit: z.string(), date: z.string() }).nullable();

/** The source that a released program was built from: its commit, and when that was made. */
export type BuiltFrom = NonNullable<z.output<typeof schema>>;

/** Undefined for one that runs from a checkout, which may be of any state, and for one of unknown source. */
export function builtFrom(): BuiltFrom | undefined {
  return isSea() ? (schema.parse(JSON.parse(getAsset("source.json", "utf8"))) ?? undefined) : undefined;
}
