import { tlsVersions, type Finding, type TlsSettings, type TlsVersion } from "@osm/model";
import { z } from "zod";
import { listOf, section, shortText } from "../limits.ts";
import { plain, reader, type Subject } from "./reader.ts";

const flag = z.boolean().nullish().transform((written) => written ?? false);
const tlsVersion = (preset: TlsVersion) => z.enum(tlsVersions).nullish().transform((written) => written ?? preset);
/** Their order is a preference, so it stays. */
const names = listOf(shortText, 100);

const schema = z.object({
  spec: section(z.object({
    traffic: section(z.object({ enablePermissiveTrafficPolicyMode: flag, enableEgress: flag })),
    sidecar: section(z.object({
      tlsMinProtocolVersion: tlsVersion("TLSv1_2"),
      tlsMaxProtocolVersion: tlsVersion("TLSv1_3"),
      cipherSuites: names,
      ecdhCurves: names,
    })),
  })),
});

type Sidecar = z.output<typeof schema>["spec"]["sidecar"];

/** One object matters: `osm-mesh-config` beside the control plane (OSM §2.1). What is not said in it is denied. */
export const meshConfig = reader({
  group: "config.openservicemesh.io",
  kind: "MeshConfig",
  versions: ["v1alpha2", "v1alpha1"],
  schema,
  toFact: ({ spec: { traffic, sidecar } }, subject) => {
    const { namespace, name, mesh } = subject;
    if (namespace !== mesh.osmNamespace || name !== "osm-mesh-config") return plain(undefined);
    return {
      value: {
        kind: "MeshConfig", namespace, name,
        permissive: traffic.enablePermissiveTrafficPolicyMode, egress: traffic.enableEgress, tls: tlsOf(sidecar),
      },
      findings: emptyRange(sidecar, subject),
    };
  },
});

function tlsOf(sidecar: Sidecar): TlsSettings {
  const { tlsMinProtocolVersion: min, tlsMaxProtocolVersion: max, cipherSuites, ecdhCurves } = sidecar;
  return { min, max: isEmpty(sidecar) ? min : max, cipherSuites, ecdhCurves };
}

/** Envoy would refuse every cluster and listener for it; the minimum is what protects, so it is the one believed. */
function emptyRange(sidecar: Sidecar, { ref: on }: Subject): readonly Finding[] {
  if (!isEmpty(sidecar)) return [];
  return [{ code: "MESH_TLS_RANGE_EMPTY", severity: "error", on, field: "spec.sidecar.tlsMaxProtocolVersion", detail: sidecar.tlsMaxProtocolVersion }];
}

/** `TLS_AUTO` leaves that end to Envoy. */
function isEmpty({ tlsMinProtocolVersion: min, tlsMaxProtocolVersion: max }: Sidecar): boolean {
  return min !== "TLS_AUTO" && max !== "TLS_AUTO" && tlsVersions.indexOf(min) > tlsVersions.indexOf(max);
}
