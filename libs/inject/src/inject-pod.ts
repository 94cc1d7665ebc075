import { annotation } from "./annotations.ts";
import { stopLater } from "./app-stop.ts";
import { initContainer } from "./capture-container.ts";
import type { CaptureSettings } from "./capture-settings.ts";
import { conflictOf } from "./conflicts.ts";
import type { InjectionSettings } from "./injection-settings.ts";
import { listPatch, mapPatch, type JsonPatch } from "./json-patch.ts";
import { podCapture } from "./pod-capture.ts";
import { podProbes, type PodProbes } from "./pod-probes.ts";
import type { Pod } from "./pod.ts";
import { scrapePlace } from "./probe-paths.ts";
import { sidecarMode, type SidecarMode } from "./sidecar-mode.ts";
import { part } from "./sidecar-names.ts";
import { proxyContainer, volumes } from "./sidecar-parts.ts";

export interface InjectionInput {
  readonly pod: Pod;
  /** The namespace of the request: a pod that is being made often names none itself. */
  readonly namespace: string;
  readonly scrape: boolean;
  readonly settings: InjectionSettings;
}

export type Injection =
  /** `warnings`: for the one who made the pod. */
  | { readonly kind: "patch"; readonly patch: JsonPatch; readonly warnings: readonly string[] }
  | { readonly kind: "refuse"; readonly message: string };

/**
 * The patch that gives a pod its sidecar, or why it cannot have one. A pod that has it already gets what differs, so a second
 * pass over the same pod is an empty patch. Writes nothing, issues nothing.
 */
export function injectPod(input: InjectionInput): Injection {
  const { pod, settings } = input;
  const conflict = conflictOf(pod);
  if (conflict !== undefined) return { kind: "refuse", message: conflict };
  const captured = podCapture(pod.metadata.annotations, settings);
  if (captured.kind === "refuse") return captured;
  const decision = sidecarMode(pod, settings);
  if (decision.kind === "refuse") return decision;
  const { mode, warnings } = decision;
  const read = podProbes(pod, mode === "native");
  if (read.kind === "refuse") return read;
  return { kind: "patch", patch: patchOf(input, { mode, capture: captured.capture, probes: read.probes }), warnings };
}

interface Decided {
  readonly mode: SidecarMode;
  readonly capture: CaptureSettings;
  readonly probes: PodProbes;
}

/** What changes containers that are there comes before what moves them. */
function patchOf({ pod, namespace, scrape, settings }: InjectionInput, decided: Decided): JsonPatch {
  const { probes } = decided;
  return [...annotationPatch(pod, probes, scrape), ...probes.patch, ...stopLater(pod, settings), ...specPatch({ pod, namespace, scrape, settings }, decided)];
}

function annotationPatch({ metadata, spec }: Pod, { originals }: PodProbes, scrape: boolean): JsonPatch {
  const app = spec.containers.find(({ name }) => name !== part.proxy);
  const asked = metadata.annotations[annotation.defaultContainer];
  const wanted = {
    // The proxy stands first, and tools that take the first container would take it.
    ...(asked === undefined && app !== undefined ? { [annotation.defaultContainer]: app.name } : {}),
    ...(originals === "" ? {} : { [annotation.originalProbes]: originals }),
    ...(scrape ? { [annotation.scrape]: "true", [annotation.scrapePort]: String(scrapePlace.port), [annotation.scrapePath]: scrapePlace.path } : {}),
  };
  return mapPatch("/metadata/annotations", metadata.annotations, wanted);
}

function specPatch({ pod, namespace, scrape, settings }: InjectionInput, { mode, capture, probes: { probed } }: Decided): JsonPatch {
  const { spec } = pod;
  const proxy = proxyContainer({ namespace, serviceAccount: spec.serviceAccountName, mode, probed, graceSec: spec.terminationGracePeriodSeconds, scraped: scrape }, settings);
  const init = initContainer({ capture, mode }, settings);
  const inits = { path: "/spec/initContainers", found: spec.initContainers ?? [] };
  const addedVolumes = listPatch({ path: "/spec/volumes", found: spec.volumes ?? [], end: "last" }, volumes(settings, mode));
  switch (mode) {
    case "container":
      return [...addedVolumes, ...listPatch({ ...inits, end: "last" }, [init]), ...listPatch({ path: "/spec/containers", found: spec.containers, end: "first" }, [proxy])];
    case "native":
      // First, so that the app's own init containers speak through the mesh.
      return [...addedVolumes, ...listPatch({ ...inits, end: "first" }, [init, proxy])];
  }
}
