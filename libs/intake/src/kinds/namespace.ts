import type { MeshName } from "@osm/model";
import { z } from "zod";
import { labels } from "../limits.ts";
import { plain, reader } from "./reader.ts";

const schema = z.object({ metadata: z.object({ labels, deletionTimestamp: z.string().optional() }) });

/** A namespace that is not of this mesh yields no fact, so none of its objects are read. */
export const namespace = reader({
  group: "",
  kind: "Namespace",
  versions: ["v1"],
  schema,
  toFact: ({ metadata }, { name, mesh }) => plain(isMember(metadata.labels, mesh.mesh) ? { kind: "Namespace", namespace: "", name } : undefined),
});

/**
 * The label of OSM decides (osm.md §3). The alias `osm-injection=enabled` of the guides counts where that label is absent,
 * for the mesh that is named as it is by default.
 */
function isMember(found: Readonly<Record<string, string>>, mesh: MeshName): boolean {
  if (found["openservicemesh.io/ignore"] !== undefined) return false;
  const monitoredBy = found["openservicemesh.io/monitored-by"];
  if (monitoredBy !== undefined) return monitoredBy === mesh;
  return found["osm-injection"] === "enabled" && mesh === "osm";
}
