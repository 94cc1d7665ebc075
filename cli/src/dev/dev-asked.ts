import { z } from "zod";

/** The options of `osm dev`. */
export const devAsked = z.object({
  file: z.array(z.string()), namespace: z.array(z.string()), run: z.array(z.string()), call: z.array(z.string()),
  mesh: z.string(), once: z.boolean(), timeout: z.number(), failOn: z.enum(["error", "warning"]),
});
export type DevAsked = z.output<typeof devAsked>;
