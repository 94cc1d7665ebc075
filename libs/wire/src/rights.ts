import type { MeshName } from "@osm/model";
import { subjectsOf } from "./subjects.ts";

/** Who uses the bus and the store. The injector uses neither: what it needs it reads from Kubernetes. */
export const services = ["watcher", "compiler", "ca", "xds", "injector", "cli"] as const;
export type Service = (typeof services)[number];

/** What one service may do in its mesh, and what it needs to. Each entry is a filter, as it is given to the bus. */
export interface Rights {
  /** Writes and withdraws; and looks at what stands there when another one was first. */
  readonly writes: readonly string[];
  /** Watches, and looks at what stands. */
  readonly reads: readonly string[];
  /** Sends requests. */
  readonly asks: readonly string[];
  /** Answers requests. */
  readonly answers: readonly string[];
  /** Makes the stream, and gives it what a newer release keeps. */
  readonly setsUp: boolean;
  readonly blobs: "none" | "reads" | "writes";
}

const nothing: Rights = { writes: [], reads: [], asks: [], answers: [], setsUp: false, blobs: "none" };

/**
 * The least that each service needs, from which the permissions in NATS and Redis are made. A service that begins to use a
 * subject gets it here, else the bus refuses it.
 */
export function rightsOf(mesh: MeshName): Readonly<Record<Service, Rights>> {
  const subjects = subjectsOf(mesh);
  const { facts, syncs, views, offerings, proxies, allEndpoints, allCompiled, trust, allProgress, outcomes, verdicts, findings } = subjects;
  const [compilers, xdsServers] = [subjects.members("compiler"), subjects.members("xds")];
  const ofWatcher = subjects.findingsBy("watcher");
  const ofCompiler = subjects.findingsBy("compiler");
  return {
    watcher: { ...nothing, writes: [facts, syncs, ofWatcher], reads: [facts, syncs, ofWatcher, findings, verdicts, outcomes, trust], setsUp: true },
    compiler: {
      ...nothing,
      writes: [views, offerings, proxies, allEndpoints, allCompiled, ofCompiler, compilers],
      reads: [facts, syncs, views, offerings, proxies, allEndpoints, allCompiled, ofCompiler, compilers, verdicts],
      answers: [subjects.callBlobs],
      blobs: "writes",
    },
    ca: { ...nothing, writes: [trust], reads: [trust], answers: [subjects.callCaSign] },
    xds: {
      ...nothing,
      writes: [outcomes, verdicts, allProgress, xdsServers],
      reads: [views, offerings, proxies, allEndpoints, allCompiled, trust, outcomes, verdicts, allProgress, compilers, xdsServers],
      asks: [subjects.callCaSign, subjects.callBlobs],
      blobs: "reads",
    },
    injector: nothing,
    cli: { ...nothing, reads: [outcomes, verdicts, findings, allProgress, allCompiled, compilers, xdsServers] },
  };
}

/** The stream of a mesh: what it keeps is all but requests. */
export function streamOf(mesh: MeshName): { readonly name: string; readonly subjects: readonly string[] } {
  const written = services.flatMap((service) => rightsOf(mesh)[service].writes.map(nounOf));
  return { name: `mesh-${mesh}`, subjects: [...new Set(written)].toSorted() };
}

/** `mesh.<mesh>.v1.<noun>.>`, whatever lies below the noun. */
function nounOf(filter: string): string {
  return [...filter.split(".").slice(0, 4), ">"].join(".");
}
