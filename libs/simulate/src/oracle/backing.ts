import { protocolOf, portsOf, type Protocol, type ServicePort } from "./protocol.ts";
import type { Pod, Service, World } from "./world.ts";

/** A service leads to the pods of its namespace that bear all its selector's labels; one without a selector leads to none. */
export function selects({ metadata, spec }: Service, pod: Pod): boolean {
  const wanted = Object.entries(spec.selector);
  return wanted.length > 0 && metadata.namespace === pod.metadata.namespace && wanted.every(([key, value]) => pod.metadata.labels[key] === value);
}

export function podsBehind(world: World, service: Service): readonly Pod[] {
  return world.pods.filter((pod) => selects(service, pod));
}

/** Several services may lead to one pod. */
export function servicesOf(world: World, pod: Pod): readonly Service[] {
  return world.services.filter((service) => selects(service, pod));
}

/** The container port that a service port leads to in a pod. */
export function containerPort(pod: Pod, { port, targetPort }: ServicePort): number | undefined {
  if (typeof targetPort !== "string") return targetPort ?? port;
  const ports = pod.spec.containers.flatMap((container) => container.ports);
  return ports.find(({ name, protocol }) => name === targetPort && protocol === "TCP")?.containerPort;
}

/** A container port is one thing: where services disagree on what is spoken there, the first by name is believed. */
export function protocolAt(world: World, pod: Pod, number: number): Protocol | undefined {
  const claims = servicesOf(world, pod).flatMap(portsOf).filter((port) => containerPort(pod, port) === number);
  const [first] = claims;
  return first && protocolOf(first);
}
