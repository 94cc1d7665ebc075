import type { NamespaceView } from "@osm/inject";
import type { ClusterEvent } from "@osm/kube";
import { z } from "zod";
import type { SandboxService } from "../endpoint-slice.ts";
import { parseService } from "./service-object.ts";
import { parseDeployment, type Workload } from "./workload.ts";

/** What of the folders' objects makes pods: by "namespace/name", and namespaces by name. */
export interface FolderObjects {
  readonly namespaces: ReadonlyMap<string, NamespaceView>;
  readonly services: ReadonlyMap<string, SandboxService>;
  readonly workloads: ReadonlyMap<string, Workload>;
}

/** Something in the folders that will not run, for the log. */
export interface Remark {
  readonly source: string;
  readonly reason: string;
}

export interface FolderChange {
  readonly objects: FolderObjects;
  readonly remarks: readonly Remark[];
}

export const noObjects: FolderObjects = {
  namespaces: new Map([["default", { name: "default", labels: {}, annotations: {} }]]),
  services: new Map(),
  workloads: new Map(),
};

const texts = z.record(z.string(), z.string()).nullish().transform((found) => found ?? {});
const head = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), namespace: z.string().default("default"), labels: texts, annotations: texts }),
});
type Head = z.output<typeof head>;

/** Kinds that would run something in a cluster. */
const runsElsewhere: ReadonlySet<string> = new Set(["Pod", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"]);

/** The objects after one more event. What cannot be read leaves what was read before. */
export function withEvent(objects: FolderObjects, event: ClusterEvent): FolderChange {
  switch (event.kind) {
    case "object":
      return withObject(objects, event);
    case "gone":
      return { objects: without(objects, event.head), remarks: [] };
    case "unreadable":
      return { objects, remarks: [{ source: event.source, reason: `line ${event.line}: ${event.reason}` }] };
    case "listed":
      return { objects, remarks: [] };
  }
}

function withObject(objects: FolderObjects, { object, source }: { readonly object: unknown; readonly source: string }): FolderChange {
  const known = head.safeParse(object);
  if (!known.success) return { objects, remarks: [{ source, reason: "not an object of Kubernetes" }] };
  const { kind, metadata } = known.data;
  switch (groupKind(known.data)) {
    case "/Namespace":
      return { objects: { ...objects, namespaces: new Map(objects.namespaces).set(metadata.name, metadata) }, remarks: [] };
    case "/Service":
      return withService(objects, object, { ...metadata, source });
    case "apps/Deployment":
      return withDeployment(objects, object, { ...metadata, source });
  }
  return { objects, remarks: runsElsewhere.has(kind) ? [{ source, reason: `a sandbox runs Deployments only, not ${kind} ${metadata.namespace}/${metadata.name}` }] : [] };
}

interface Named {
  readonly namespace: string;
  readonly name: string;
  readonly source: string;
}

function withService(objects: FolderObjects, object: unknown, named: Named): FolderChange {
  const key = `${named.namespace}/${named.name}`;
  const service = parseService(object, named);
  const services = new Map(objects.services);
  if (service) services.set(key, service);
  else services.delete(key);
  return { objects: { ...objects, services }, remarks: [] };
}

function withDeployment(objects: FolderObjects, object: unknown, named: Named): FolderChange {
  const key = `${named.namespace}/${named.name}`;
  const parsed = parseDeployment(object, named);
  if (parsed.kind === "unreadable") return { objects, remarks: [{ source: named.source, reason: `deployment ${key}: ${parsed.reason}` }] };
  return { objects: { ...objects, workloads: new Map(objects.workloads).set(key, parsed.workload) }, remarks: [] };
}

function without(objects: FolderObjects, { group, kind, namespace, name }: Extract<ClusterEvent, { kind: "gone" }>["head"]): FolderObjects {
  const removed = <T>(from: ReadonlyMap<string, T>, key: string) => new Map([...from].filter(([each]) => each !== key));
  switch (`${group}/${kind}`) {
    case "/Namespace":
      return { ...objects, namespaces: removed(objects.namespaces, name) };
    case "/Service":
      return { ...objects, services: removed(objects.services, `${namespace}/${name}`) };
    case "apps/Deployment":
      return { ...objects, workloads: removed(objects.workloads, `${namespace}/${name}`) };
  }
  return objects;
}

function groupKind({ apiVersion, kind }: Head): string {
  const slash = apiVersion.indexOf("/");
  return `${slash < 0 ? "" : apiVersion.slice(0, slash)}/${kind}`;
}
