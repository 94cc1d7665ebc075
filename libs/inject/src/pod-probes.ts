import { canonicalJson } from "@osm/model";
import { z } from "zod";
import { annotation } from "./annotations.ts";
import type { JsonObject } from "./json.ts";
import type { PatchOperation } from "./json-patch.ts";
import { staysBeside, type Container, type Pod } from "./pod.ts";
import { probeFields, probeSchema, resolveProbe, type Probe, type Probed, type ProbeField } from "./probe.ts";
import { asJson, leadsToSidecar, rewritten } from "./probe-rewrite.ts";
import { part } from "./sidecar-names.ts";

/** What becomes of the probes of a pod. */
export interface PodProbes {
  readonly patch: readonly PatchOperation[];
  /** What the sidecar is to answer, in a fixed order. */
  readonly probed: readonly Probed[];
  /** The probes as they came, so that a copy of the pod can be given its sidecar anew; empty when none was rewritten. */
  readonly originals: string;
}
export type ReadProbes = { readonly kind: "probes"; readonly probes: PodProbes } | { readonly kind: "refuse"; readonly message: string };

const originalsSchema = z.record(z.string().max(253), z.partialRecord(z.enum(probeFields), probeSchema));
type Originals = z.output<typeof originalsSchema>;

interface Place {
  readonly container: Container;
  readonly field: ProbeField;
  readonly path: string;
  readonly probe: Probe;
}

interface Rewriting {
  readonly probed: Probed;
  readonly original: Probe;
  readonly operations: readonly PatchOperation[];
}

/**
 * Leads the probes of a pod to its sidecar, which the kubelet may reach, each container's to its own place. Commands are left
 * alone, and so are startup probes of init containers that stand before the sidecar: it could not answer them yet.
 */
export function podProbes(pod: Pod, sidecarIsFirst: boolean): ReadProbes {
  const originals = originalsIn(pod);
  const done: Rewriting[] = [];
  for (const place of placesIn(pod, sidecarIsFirst)) {
    const result = rewriteAt(place, originals);
    if (typeof result === "string") return { kind: "refuse", message: result };
    if (result !== undefined) done.push(result);
  }
  return { kind: "probes", probes: { patch: done.flatMap(({ operations }) => operations), probed: done.map(({ probed }) => probed), originals: recorded(done) } };
}

/** @returns what was done, undefined where nothing is to be done, or why the pod is refused. */
function rewriteAt({ container, field, path, probe }: Place, originals: Originals): Rewriting | string | undefined {
  const where = { container: container.name, field };
  const original = leadsToSidecar(probe, where) ? originals[container.name]?.[field] : probe;
  if (original === undefined) return `container ${container.name}: ${field} leads to the sidecar, and ${annotation.originalProbes} does not say what it was: write the app's own probe`;
  const resolved = resolveProbe({ ...where, probe: original, named: namedPorts(container) });
  switch (resolved.kind) {
    case "untouched":
      return undefined;
    case "refuse":
      return resolved.message;
    case "probed": {
      const { probed } = resolved;
      const value = rewritten(original, probed);
      const isDone = canonicalJson(asJson(probe)) === canonicalJson(value);
      return { probed, original, operations: isDone ? [] : [{ op: "replace", path, value }] };
    }
  }
}

function placesIn({ spec }: Pod, sidecarIsFirst: boolean): readonly Place[] {
  const apps = spec.containers.flatMap((container, at) => placesOf(container, `/spec/containers/${at}`));
  const beside = (spec.initContainers ?? []).flatMap((container, at) => (staysBeside(container) ? placesOf(container, `/spec/initContainers/${at}`) : []));
  return [...apps, ...beside.filter(({ field }) => sidecarIsFirst || field !== "startupProbe")];
}

function placesOf(container: Container, path: string): readonly Place[] {
  if (container.name === part.proxy) return [];
  return probeFields.flatMap((field) => {
    const probe = container[field];
    return probe ? [{ container, field, path: `${path}/${field}`, probe }] : [];
  });
}

function namedPorts({ ports }: Container): ReadonlyMap<string, number> {
  return new Map((ports ?? []).flatMap(({ name, containerPort }) => (name ? [[name, containerPort] as const] : [])));
}

function recorded(done: readonly Rewriting[]): string {
  if (done.length === 0) return "";
  const containers = new Map<string, Record<string, JsonObject>>();
  for (const { probed, original } of done) {
    const of = containers.get(probed.container) ?? {};
    containers.set(probed.container, { ...of, [probed.field]: asJson(original) });
  }
  return canonicalJson(Object.fromEntries(containers));
}

/** What cannot be read counts as not written. */
function originalsIn({ metadata }: Pod): Originals {
  try {
    const read = originalsSchema.safeParse(JSON.parse(metadata.annotations[annotation.originalProbes] ?? "{}"));
    return read.success ? read.data : {};
  } catch {
    return {};
  }
}
