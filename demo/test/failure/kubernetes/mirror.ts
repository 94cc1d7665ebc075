import { headOf, type ObjectHead } from "@osm/intake";
import { KubeError, openFolder, type ClusterEvent, type KubeApi } from "@osm/kube";
import { setTimeout as wait } from "node:timers/promises";
import { z } from "zod";

export interface Mirroring {
  /** What users write, and what a sandbox says of its pods. */
  readonly folders: readonly string[];
  readonly api: KubeApi;
  readonly signal: AbortSignal;
}

const manager = "fieldManager=shop&force=true";
/** A user's kubectl, and a kubelet, come again; they have more patience than a test. */
const againMs = 100;
const silenceMs = 2000;
const graceSec = 30;

const written = z.object({ apiVersion: z.string(), kind: z.string(), metadata: z.object({ name: z.string(), namespace: z.string().optional(), deletionTimestamp: z.string().optional() }) });
const podStatus = z.object({ status: z.record(z.string(), z.unknown()) });

/**
 * Does in a Kubernetes API what files say, until the signal aborts: users' objects are applied and deleted; of pods, which are there
 * already, the status is told and their end. What the API cannot take now is tried again. @throws KubeError for what it will never take
 */
export async function mirror({ folders, api, signal }: Mirroring): Promise<void> {
  for await (const event of openFolder(folders).watch({ signal })) {
    for (const request of requestsOf(event)) await untilTaken(() => api.json({ ...request, signal, silenceMs }), signal);
  }
}

type Request = Pick<Parameters<KubeApi["json"]>[0], "method" | "path" | "body" | "contentType">;

function requestsOf(event: ClusterEvent): readonly Request[] {
  if (event.kind === "gone") return isOurs(event.head.kind) ? [removal(pathOf(event.head), event.head.kind === "Pod" ? 0 : undefined)] : [];
  if (event.kind !== "object") return [];
  const object = written.parse(event.object);
  const head = headOf(event.object);
  if (!head || !isOurs(object.kind)) return [];
  const path = pathOf({ ...head, version: object.apiVersion });
  if (object.kind !== "Pod") return [{ method: "PATCH", path: `${path}?${manager}`, contentType: "application/apply-patch+yaml", body: event.object }];
  const { status } = podStatus.parse(event.object);
  const told: Request = { method: "PATCH", path: `${path}/status`, contentType: "application/merge-patch+json", body: { status } };
  return object.metadata.deletionTimestamp === undefined ? [told] : [removal(path, graceSec)];
}

/** The API's own controller makes the slices. */
function isOurs(kind: string): boolean {
  return kind !== "EndpointSlice";
}

function removal(path: string, gracePeriodSeconds: number | undefined): Request {
  return { method: "DELETE", path, body: { apiVersion: "v1", kind: "DeleteOptions", ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }) } };
}

const groups: Readonly<Record<string, string>> = {
  TrafficTarget: "access.smi-spec.io/v1alpha3", HTTPRouteGroup: "specs.smi-spec.io/v1alpha4", TCPRoute: "specs.smi-spec.io/v1alpha4", TrafficSplit: "split.smi-spec.io/v1alpha2",
};

function pathOf({ kind, namespace, name, version = groups[kind] ?? "v1" }: Pick<ObjectHead, "kind" | "namespace" | "name"> & { readonly version?: string }): string {
  const root = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
  const within = kind === "Namespace" ? "" : `/namespaces/${namespace}`;
  return `${root}${within}/${kind.toLowerCase()}s/${name}`;
}

async function untilTaken(take: () => Promise<unknown>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await take();
      return;
    } catch (error) {
      if (signal.aborted || isGone(error)) return;
      if (!isPassing(error)) throw error;
      await wait(againMs);
    }
  }
}

function isGone(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404;
}

/** The API is away, begins, or is too busy. */
function isPassing(error: unknown): boolean {
  return error instanceof KubeError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
