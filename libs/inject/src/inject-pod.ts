import { annotation } from "./annotations.ts";
import type { CaptureSettings } from "./capture-settings.ts";
import { conflictOf } from "./conflicts.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import { listPatch, mapPatch, type JsonPatch } from "./json-patch.ts";
import { podCapture } from "./pod-capture.ts";
import type { Pod } from "./pod.ts";
import { sidecarPorts } from "./ports.ts";
import { initContainer, part, proxyContainer, volumes } from "./sidecar-parts.ts";

export interface InjectionInput {
  readonly pod: Pod;
  /** The namespace of the request: a pod that is being made often names none itself. */
  readonly namespace: string;
  readonly scrape: boolean;
  readonly settings: InjectionSettings;
}

export type Injection = { readonly kind: "patch"; readonly patch: JsonPatch } | { readonly kind: "refuse"; readonly message: string };

/**
 * The patch that gives a pod its sidecar, or why it cannot have one. A pod that has it already gets what differs, so a second
 * pass over the same pod is an empty patch. Writes nothing, issues nothing.
 */
export function injectPod({ pod, namespace, scrape, settings }: InjectionInput): Injection {
  const conflict = conflictOf(pod);
  if (conflict !== undefined) return { kind: "refuse", message: conflict };
  const captured = podCapture(pod.metadata.annotations, settings);
  switch (captured.kind) {
    case "refuse":
      return captured;
    case "capture":
      return { kind: "patch", patch: [...annotationPatch(pod, scrape), ...specPatch({ pod, namespace, settings }, captured.capture)] };
  }
}

function annotationPatch({ metadata, spec }: Pod, scrape: boolean): JsonPatch {
  const app = spec.containers.find(({ name }) => name !== part.proxy);
  const asked = metadata.annotations[annotation.defaultContainer];
  const wanted = {
    // The proxy stands first, and tools that take the first container would take it.
    ...(asked === undefined && app !== undefined ? { [annotation.defaultContainer]: app.name } : {}),
    ...(scrape ? { [annotation.scrape]: "true", [annotation.scrapePort]: String(sidecarPorts.metrics), [annotation.scrapePath]: "/stats/prometheus" } : {}),
  };
  return mapPatch("/metadata/annotations", metadata.annotations, wanted);
}

function specPatch({ pod, namespace, settings }: Omit<InjectionInput, "scrape">, capture: CaptureSettings): JsonPatch {
  const { spec } = pod;
  const workload = { namespace, serviceAccount: spec.serviceAccountName };
  return [
    ...listPatch({ path: "/spec/volumes", found: spec.volumes ?? [], end: "last" }, volumes(settings)),
    ...listPatch({ path: "/spec/initContainers", found: spec.initContainers ?? [], end: "last" }, [initContainer(capture, settings)]),
    ...listPatch({ path: "/spec/containers", found: spec.containers, end: "first" }, [proxyContainer(workload, settings)]),
  ];
}
