import type { Finding } from "@osm/model";
import { z } from "zod";
import { labels } from "../limits.ts";
import { reader, type Subject } from "./reader.ts";

const schema = z.object({ metadata: z.object({ labels }) });

type Labels = z.output<typeof labels>;

const monitoredBy = "openservicemesh.io/monitored-by";
const ignore = "openservicemesh.io/ignore";

/** A namespace that is not of this mesh yields no fact, so none of its objects are read. */
export const namespace = reader({
  group: "",
  kind: "Namespace",
  versions: ["v1"],
  schema,
  toFact: ({ metadata }, subject) => ({
    value: isMember(metadata.labels, subject) ? { kind: "Namespace", namespace: "", name: subject.name } : undefined,
    findings: ofOtherMesh(metadata.labels, subject),
  }),
});

/**
 * The label of OSM decides (OSM §3). The alias `osm-injection=enabled` of the guides counts where that label is absent,
 * for the mesh that is named as it is by default, or that was installed as the only one.
 */
function isMember(found: Labels, subject: Subject): boolean {
  if (found[ignore] !== undefined) return false;
  return found[monitoredBy] === undefined ? asksByAlias(found, subject) : found[monitoredBy] === subject.mesh.mesh;
}

function asksByAlias(found: Labels, { mesh }: Subject): boolean {
  return (mesh.mesh === "osm" || mesh.claimsAlias === true) && found["osm-injection"] === "enabled";
}

/** Said by the mesh that the alias asks for: its user wonders why nothing happens. */
function ofOtherMesh(found: Labels, subject: Subject): readonly Finding[] {
  const owner = found[monitoredBy];
  if (owner === undefined || owner === subject.mesh.mesh || !asksByAlias(found, subject)) return [];
  return [{ code: "NAMESPACE_LABEL_OF_OTHER_MESH", severity: "warning", on: subject.ref, field: "metadata.labels.osm-injection", detail: owner }];
}
