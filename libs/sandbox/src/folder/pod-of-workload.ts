import { decideInjection, parsePod, type Decision, type NamespaceView } from "@osm/inject";
import type { AppCommand, PodSpec } from "../pod.ts";
import type { EnvEntry, ManifestContainer, Workload } from "./workload.ts";

/** Finds the program that stands for a container's image on this machine. Its environment is added to the manifest's, which wins. */
export type Images = (image: string, container: ManifestContainer) => AppCommand | undefined;

/** The mesh whose namespaces get sidecars. */
export interface FolderMesh {
  readonly name: string;
  /** Where its control plane would live; nothing there gets a sidecar. */
  readonly namespace: string;
}

export interface PodOrder {
  readonly workload: Workload;
  readonly podName: string;
  readonly namespace: NamespaceView;
  readonly images: Images;
  /** Absent: no pod gets a sidecar. */
  readonly mesh: FolderMesh | undefined;
}

/** The pod that a Deployment asks for. @throws Error that names the Deployment when it cannot be had here. */
export function podOfWorkload(order: PodOrder): PodSpec {
  const { workload, podName, images } = order;
  const { namespace, serviceAccount, labels, container } = workload;
  const app = images(container.image, container);
  if (!app) throw refusal(workload, `no program stands for the image ${container.image}`);
  const env = { ...app.env, ...envOf(workload, podName) };
  return { namespace, name: podName, serviceAccount, labels, ports: container.ports, command: { ...app, env }, sidecar: hasSidecar(order) };
}

function hasSidecar({ workload, namespace, mesh }: PodOrder): boolean {
  if (!mesh) return false;
  const decision = decide(workload, namespace, mesh);
  switch (decision.kind) {
    case "inject":
      return true;
    case "skip":
      return false;
    case "refuse":
      throw refusal(workload, decision.message);
  }
}

function decide(workload: Workload, namespace: NamespaceView, mesh: FolderMesh): Decision {
  const parsed = parsePod(workload.template);
  if (parsed.kind === "unreadable") throw refusal(workload, `cannot read ${parsed.field} of its pods`);
  return decideInjection({ pod: parsed.pod, namespace, mesh: mesh.name, meshNamespace: mesh.namespace });
}

function envOf(workload: Workload, podName: string): Readonly<Record<string, string>> {
  return Object.fromEntries(workload.container.env.map((entry) => [entry.name, textOf(entry, { workload, podName })]));
}

function textOf(entry: EnvEntry, { workload, podName }: { readonly workload: Workload; readonly podName: string }): string {
  switch (entry.kind) {
    case "text":
      return entry.value;
    case "field": {
      const found = fieldsOf(workload, podName)[entry.path];
      if (found === undefined) throw refusal(workload, `cannot tell its variable ${entry.name} what ${entry.path} is`);
      return found;
    }
    case "unsupported":
      throw refusal(workload, `cannot fill its variable ${entry.name}: only fields of the pod can be had here`);
  }
}

function fieldsOf({ namespace, serviceAccount }: Workload, podName: string): Readonly<Record<string, string>> {
  return { "metadata.name": podName, "metadata.namespace": namespace, "spec.serviceAccountName": serviceAccount };
}

function refusal({ namespace, name }: Workload, reason: string): Error {
  return new Error(`deployment ${namespace}/${name}: ${reason}`);
}
