import { allFacts, inOrder, refOf, type MeshState, type TlsSettings } from "@osm/model";
import type { MeshSlice } from "../slice/slices.ts";

const defaultTls: TlsSettings = { min: "TLSv1_2", max: "TLSv1_3", cipherSuites: [], ecdhCurves: [] };

/** Open only where the mesh's configuration says so: without one, everything is denied (design: secure by default). */
export function meshSlice(state: MeshState): MeshSlice {
  const [config] = inOrder(allFacts(state, "MeshConfig"), refOf);
  return { permissive: config?.permissive ?? false, egress: config?.egress ?? false, tls: config?.tls ?? defaultTls };
}
