import { z } from "zod";
import { plain, reader } from "./reader.ts";

const schema = z.object({
  spec: z.object({ traffic: z.object({ enablePermissiveTrafficPolicyMode: z.boolean().default(false) }).prefault({}) }).prefault({}),
});

/** One object matters: `osm-mesh-config` beside the control plane (osm.md §2.1). */
export const meshConfig = reader({
  group: "config.openservicemesh.io",
  kind: "MeshConfig",
  versions: ["v1alpha2", "v1alpha1"],
  schema,
  toFact: ({ spec }, { namespace, name, mesh }) => {
    if (namespace !== mesh.osmNamespace || name !== "osm-mesh-config") return plain(undefined);
    return plain({ kind: "MeshConfig", namespace, name, permissive: spec.traffic.enablePermissiveTrafficPolicyMode });
  },
});
