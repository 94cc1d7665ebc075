import {
  allFacts, inOrder, refOf,
  type Digest, type Finding, type MeshState, type PodFact, type ProxyFact, type Resource, type View,
} from "@osm/model";
import { compileService, type ServiceResources } from "./compile-service.ts";
import { compileView, type CompiledView } from "./compile-view.ts";
import { assignmentsOf } from "./endpoints.ts";
import { resolveAccess } from "./resolve/access.ts";
import { classOf } from "./slice/proxy-classes.ts";
import { sliceServices } from "./slice/service-slices.ts";
import type { ProxyClass } from "./slice/slices.ts";
import { sliceView } from "./slice/view-slice.ts";

export interface MeshSettings {
  readonly trustDomain: string;
}

/** Everything a mesh compiles to. Equal facts give equal bytes, whatever order they came in. */
export interface CompiledMesh {
  readonly revision: number;
  readonly views: readonly View[];
  readonly proxies: readonly ProxyFact[];
  /** One assignment for each service port that some view leads to. */
  readonly assignments: readonly Resource[];
  /** Every resource that a view lists, by digest. */
  readonly resources: ReadonlyMap<Digest, Resource>;
  readonly findings: readonly Finding[];
  /** What was made of each slice, for the next compilation. */
  readonly cache: CompileCache;
}

interface CompileCache {
  readonly services: ReadonlyMap<Digest, ServiceResources>;
  readonly views: ReadonlyMap<Digest, CompiledView>;
}

/** Compiles a mesh; slices that were compiled before, by their digest, are taken from there. */
export function compileMesh(state: MeshState, settings: MeshSettings, before?: CompiledMesh): CompiledMesh {
  const { trustDomain } = settings;
  const access = resolveAccess(state, trustDomain);
  const sliced = sliceServices(state, trustDomain);
  const services = new Map(sliced.value.map((slice) => [slice.digest, before?.cache.services.get(slice.digest) ?? compileService(slice)]));

  const { proxies, classes, findings } = classify(state);
  const views = new Map<Digest, CompiledView>();
  for (const each of classes) {
    const slice = sliceView(state, each, { grants: access.value, services: sliced.value });
    views.set(slice.digest, before?.cache.views.get(slice.digest) ?? compileView(slice, services));
  }
  const resources = [...views.values()].flatMap((compiled) => compiled.resources);
  return {
    revision: state.revision,
    views: [...views.values()].map(({ view }) => view),
    proxies,
    assignments: assignmentsOf(state, sliced.value),
    resources: new Map(resources.map((resource) => [resource.digest, resource])),
    findings: [...access.findings, ...sliced.findings, ...findings],
    cache: { services, views },
  };
}

interface Classified {
  readonly proxies: readonly ProxyFact[];
  readonly classes: readonly ProxyClass[];
  readonly findings: readonly Finding[];
}

function classify(state: MeshState): Classified {
  const pods = inOrder(allFacts(state, "Pod"), refOf).filter(({ meshed }) => meshed);
  const classified = pods.map((pod) => ({ pod, staged: classOf(state, pod) }));
  const classes = new Map(classified.map(({ staged }) => [staged.value.id, staged.value]));
  return {
    proxies: classified.map(({ pod, staged }) => proxyFact(pod, staged.value)),
    classes: inOrder(classes.values(), ({ id }) => id),
    findings: distinctFindings(classified.flatMap(({ staged }) => staged.findings)),
  };
}

function proxyFact({ uid, namespace, name }: PodFact, { id, identity }: ProxyClass): ProxyFact {
  return { uid, view: id, identity, namespace, pod: name };
}

/** Pods of one class would all say the same. */
function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [`${finding.on} ${finding.code} ${finding.field}`, finding])).values()];
}
