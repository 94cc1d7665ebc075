import { sidecarDirs, trustConfigMap, trustFiles } from "@osm/inject";
import type { OwnedObjects } from "@osm/kube";
import { digestOfJson } from "@osm/model";
import type { TrustPayload } from "@osm/wire";
import type { Wanted } from "./keep-written.ts";

export interface TrustMaps {
  readonly mesh: string;
  readonly xdsServerName: string;
  readonly members: readonly string[];
  readonly trust: TrustPayload;
}

/** Somebody may delete one, and pods that start without it wait: so it is said again after a while. */
const againMs = 60_000;

/**
 * The ConfigMap that each namespace of the mesh holds for its sidecars: the roots, and where to find them. One in a namespace that
 * left the mesh stays, for its pods may still be restarted; it holds nothing secret.
 */
export function trustMaps({ mesh, xdsServerName, members, trust }: TrustMaps, objects: OwnedObjects): readonly Wanted[] {
  const name = trustConfigMap(mesh);
  const data = trustFiles({ ...sidecarDirs, serverName: xdsServerName, roots: trust.roots });
  const metadata = { labels: { "app.kubernetes.io/managed-by": "osm-watcher", "openservicemesh.io/mesh": mesh } };
  const digest = digestOfJson(data);
  return members.map((namespace) => ({
    key: `ConfigMap/${namespace}/${name}`,
    digest,
    againMs,
    write: (signal) => objects.apply({ plural: "configmaps", kind: "ConfigMap", namespace, name, content: { metadata, data } }, signal),
  }));
}
