import { meshName } from "@osm/model";
import { z } from "zod";

/** What several services read from their environment, each said once. */
export const envFields = {
  mesh: z.string().transform((text, context) => {
    try {
      return meshName(text);
    } catch {
      context.addIssue({ code: "custom", message: "invalid" });
      return z.NEVER;
    }
  }),
  port: z.coerce.number().int().min(0).max(65_535),
  url: z.string().min(1),
  /** Name of this replica: in Kubernetes the pod's, by the downward API. */
  replica: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/),
  trustDomain: z.string().regex(/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/).default("cluster.local"),
} as const;
