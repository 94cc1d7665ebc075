import { tlsVersions } from "@osm/model";
import { z } from "zod";
import { listOf, shortText } from "../limits.ts";
import { plain, reader } from "./reader.ts";

const tlsVersion = z.enum(tlsVersions);
const names = listOf(shortText, 100);

const schema = z.object({
  spec: z
    .object({
      traffic: z.object({ enablePermissiveTrafficPolicyMode: z.boolean().default(false), enableEgress: z.boolean().default(false) }).prefault({}),
      sidecar: z
        .object({
          tlsMinProtocolVersion: tlsVersion.default("TLSv1_2"),
          tlsMaxProtocolVersion: tlsVersion.default("TLSv1_3"),
          cipherSuites: names,
          ecdhCurves: names,
        })
        .prefault({}),
    })
    .prefault({}),
});

/** One object matters: `osm-mesh-config` beside the control plane (osm.md §2.1). What is not said in it is denied. */
export const meshConfig = reader({
  group: "config.openservicemesh.io",
  kind: "MeshConfig",
  versions: ["v1alpha2", "v1alpha1"],
  schema,
  toFact: ({ spec: { traffic, sidecar } }, { namespace, name, mesh }) => {
    if (namespace !== mesh.osmNamespace || name !== "osm-mesh-config") return plain(undefined);
    const { tlsMinProtocolVersion: min, tlsMaxProtocolVersion: max, cipherSuites, ecdhCurves } = sidecar;
    const tls = { min, max, cipherSuites, ecdhCurves };
    return plain({ kind: "MeshConfig", namespace, name, permissive: traffic.enablePermissiveTrafficPolicyMode, egress: traffic.enableEgress, tls });
  },
});
