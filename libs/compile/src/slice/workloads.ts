import { factsIn, type MeshState, type PodFact, type ServiceFact } from "@osm/model";

/** Whether a service leads to a pod. A service without a selector leads to none (osm.md §5.2). */
export function selects({ namespace, selector }: Pick<ServiceFact, "namespace" | "selector">, pod: PodFact): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && namespace === pod.namespace && wanted.every(([key, value]) => pod.labels[key] === value);
}

export function podsBehind(state: MeshState, service: ServiceFact): readonly PodFact[] {
  return [...factsIn(state, "Pod", service.namespace).values()].filter((pod) => selects(service, pod));
}

export function servicesOf(state: MeshState, pod: PodFact): readonly ServiceFact[] {
  return [...factsIn(state, "Service", pod.namespace).values()].filter((service) => selects(service, pod));
}
