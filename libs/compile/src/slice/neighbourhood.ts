import { inOrder, type EndpointSliceFact, type Finding, type MeshState, type PodFact, type ProxyFact, type ServiceFact } from "@osm/model";
import { made, steady, type Made } from "../stage.ts";
import { draftOf, type ServiceDraft } from "./service-draft.ts";
import { classOf } from "./proxy-classes.ts";
import type { ProxyClass } from "./slices.ts";
import { linksOf, type Links } from "./workloads.ts";

/** A meshed pod, what it gets and what there is to say of it. */
export interface ClassifiedPod {
  readonly proxy: ProxyFact;
  readonly class: ProxyClass;
  readonly findings: readonly Finding[];
}

/** What the pods, services and endpoints of one namespace come to. Selectors do not reach beyond it. */
export interface Neighbourhood {
  readonly links: Made<Links>;
  /** By service. */
  readonly endpoints: Made<ReadonlyMap<string, readonly EndpointSliceFact[]>>;
  readonly services: ReadonlyMap<string, Made<ServiceDraft>>;
  readonly pods: Made<ReadonlyMap<string, Made<ClassifiedPod>>>;
  /** In order of name. */
  readonly drafts: readonly ServiceDraft[];
  readonly classified: readonly ClassifiedPod[];
}

export type Neighbourhoods = ReadonlyMap<string, Made<Neighbourhood>>;

/** Every namespace that has pods or services. One in which nothing happened is as it was. */
export function neighbourhoods({ facts }: MeshState, trustDomain: string, before: Neighbourhoods | undefined): Neighbourhoods {
  const names = inOrder(new Set([...facts.Pod.keys(), ...facts.Service.keys()]), (name) => name);
  return new Map(names.map((name) => {
    const [pods, services, slices] = [facts.Pod.get(name) ?? noPods, facts.Service.get(name) ?? noServices, facts.EndpointSlice.get(name) ?? noSlices];
    return [name, made(before?.get(name), [pods, services, slices, trustDomain], (earlier) => neighbourhood({ pods, services, slices, trustDomain }, earlier))];
  }));
}

const noPods: ReadonlyMap<string, PodFact> = new Map();
const noServices: ReadonlyMap<string, ServiceFact> = new Map();
const noSlices: ReadonlyMap<string, EndpointSliceFact> = new Map();

interface Namespaced {
  readonly pods: ReadonlyMap<string, PodFact>;
  readonly services: ReadonlyMap<string, ServiceFact>;
  readonly slices: ReadonlyMap<string, EndpointSliceFact>;
  readonly trustDomain: string;
}

function neighbourhood(facts: Namespaced, earlier: Neighbourhood | undefined): Neighbourhood {
  const links = made(earlier?.links, [facts.pods, facts.services], () => linksOf(facts.pods, facts.services));
  const endpoints = made(earlier?.endpoints, [facts.slices], (last) => byService(facts.slices, last));
  const services = draftAll(facts, { links: links.value, endpoints: endpoints.value }, earlier?.services);
  const pods = made(earlier?.pods, [facts.pods, links.value], (last) => classifyAll(facts.pods, links.value, last));
  return {
    links, endpoints, services, pods,
    drafts: steady(earlier?.drafts, [...services.values()].map(({ value }) => value)),
    classified: steady(earlier?.classified, [...pods.value.values()].map(({ value }) => value)),
  };
}

function byService(slices: Namespaced["slices"], last: ReadonlyMap<string, readonly EndpointSliceFact[]> | undefined) {
  const grouped = Map.groupBy(slices.values(), ({ service }) => service);
  return new Map([...grouped].map(([service, list]) => [service, steady(last?.get(service), list)] as const));
}

interface Led {
  readonly links: Links;
  readonly endpoints: ReadonlyMap<string, readonly EndpointSliceFact[]>;
}

function draftAll({ pods, services, trustDomain }: Namespaced, { links, endpoints }: Led, before: Neighbourhood["services"] | undefined): Neighbourhood["services"] {
  return new Map(inOrder(services.values(), ({ name }) => name).map((service) => {
    const accounts = new Set((links.behind.get(service.name) ?? []).map(({ serviceAccount }) => serviceAccount));
    const slices = service.headless ? (endpoints.get(service.name) ?? []) : [];
    const of = [service, trustDomain, service.headless ? pods : undefined, slices.length, ...slices, ...accounts];
    return [service.name, made(before?.get(service.name), of, () => draftOf(service, { accounts, pods, slices, trustDomain }))];
  }));
}

function classifyAll(pods: Namespaced["pods"], { inFront }: Links, before: Neighbourhood["pods"]["value"] | undefined): Neighbourhood["pods"]["value"] {
  const meshed = inOrder(pods.values(), ({ name }) => name).filter((pod) => pod.meshed);
  return new Map(meshed.map((pod) => {
    const services = inFront.get(pod.name) ?? [];
    return [pod.name, made(before?.get(pod.name), [pod, ...services], () => classified(pod, services))];
  }));
}

function classified(pod: PodFact, services: readonly ServiceFact[]): ClassifiedPod {
  const { value, findings } = classOf(pod, services);
  return { proxy: { uid: pod.uid, view: value.id, identity: value.identity, namespace: pod.namespace, pod: pod.name }, class: value, findings };
}
