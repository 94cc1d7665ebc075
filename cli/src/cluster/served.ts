import { z } from "zod";
import { findObject } from "./objects.ts";
import type { OpenedCluster } from "./open-cluster.ts";

export interface WantedKind {
  readonly group: string;
  readonly kind: string;
  readonly versions: readonly string[];
}

export interface ServedKind {
  readonly version: string;
  /** Where all objects of the kind are, in all namespaces. */
  readonly path: string;
}

const resources = z.object({ resources: z.array(z.object({ kind: z.string(), name: z.string() })) });

/** The newest of the wanted versions that the cluster serves; undefined where it serves none. */
export async function servedKind(cluster: OpenedCluster, { group, kind, versions }: WantedKind): Promise<ServedKind | undefined> {
  for (const version of versions.toSorted().toReversed()) {
    const folder = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
    const list = await findObject(cluster, folder);
    const own = list === undefined ? undefined : resources.parse(list).resources.find((each) => each.kind === kind && !each.name.includes("/"));
    if (own) return { version, path: `${folder}/${own.name}` };
  }
  return undefined;
}
