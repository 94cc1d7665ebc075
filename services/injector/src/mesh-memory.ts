import { aliasClaim, type InjectionSettings, type NamespaceView } from "@osm/inject";
import type { ClusterEvent } from "@osm/kube";
import type { Log } from "@osm/runtime";
import { configName, meshConfigHead, namespaceOf } from "./cluster-objects.ts";
import type { MeshLookup } from "./mesh-lookup.ts";
import { createOwnSettings } from "./own-settings.ts";

export interface MeshMemoryOptions {
  /** What the mesh was installed with; its MeshConfig is read over it. */
  readonly installed: () => InjectionSettings;
  readonly claimsAlias: boolean;
  readonly log: Log;
}

export interface MeshMemory {
  /** Knows nothing until all is listed: half of a cluster would leave pods outside their mesh. */
  readonly lookup: MeshLookup;
  readonly take: (event: ClusterEvent) => void;
  readonly isListed: () => boolean;
}

interface Remembered {
  readonly namespaces: Map<string, NamespaceView>;
  /** Namespace of another control plane → name of its mesh. */
  readonly others: Map<string, string>;
  readonly awaited: Set<string>;
}

/** The namespaces of a cluster, the settings of one mesh, and which others there are. */
export function createMeshMemory({ installed, claimsAlias, log }: MeshMemoryOptions): MeshMemory {
  const { namespaces, others, awaited }: Remembered = { namespaces: new Map(), others: new Map(), awaited: new Set(["MeshConfig", "Namespace"]) };
  const own = createOwnSettings(installed, log);
  const isOwn = (namespace: string): boolean => namespace === installed().meshNamespace;

  const written = (object: unknown): void => {
    const namespace = namespaceOf(object);
    if (namespace) namespaces.set(namespace.name, namespace);
    const config = meshConfigHead(object);
    if (config && isOwn(config.namespace)) own.written(object);
    if (config && !isOwn(config.namespace)) others.set(config.namespace, config.mesh);
  };
  const gone = ({ kind, namespace, name }: { readonly kind: string; readonly namespace: string; readonly name: string }): void => {
    if (kind === "Namespace") namespaces.delete(name);
    if (kind !== "MeshConfig" || name !== configName) return;
    if (isOwn(namespace)) own.written({});
    else others.delete(namespace);
  };
  const take: MeshMemory["take"] = (event) => {
    switch (event.kind) {
      case "object":
        return written(event.object);
      case "gone":
        return gone(event.head);
      case "listed":
        return event.kinds.forEach((kind) => awaited.delete(kind));
      case "unreadable":
        return log.warn({ source: event.source, reason: event.reason }, "cluster source unreadable");
    }
  };
  const lookup: MeshLookup = (name) => {
    const namespace = awaited.size === 0 ? namespaces.get(name) : undefined;
    if (namespace === undefined) return undefined;
    const settings = own.settings();
    return { namespace, settings, alias: aliasClaim({ mesh: settings.mesh, claimsAlias, others: [...others.values()] }) };
  };
  return { lookup, take, isListed: () => awaited.size === 0 };
}
