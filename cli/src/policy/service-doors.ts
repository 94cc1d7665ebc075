import { factsIn, type AppProtocol, type MeshState, type PodFact } from "@osm/model";

/** A way to a pod: an address that callers dial. */
export interface ServiceDoor {
  /** `<namespace>/<name>:<port>` of the service. */
  readonly name: string;
  readonly service: { readonly namespace: string; readonly name: string };
  readonly protocol: AppProtocol;
  readonly address: string;
  readonly port: number;
  /** Services whose calls a TrafficSplit leads to the pod: the one it is dialled at has other pods. */
  readonly split: string;
}

/** Every service port that leads to a pod, its own services' and those that are split to them. */
export function doorsTo(state: MeshState, pod: PodFact): readonly ServiceDoor[] {
  const services = factsIn(state, "Service", pod.namespace);
  const own = [...services.values()].filter(({ selector }) => isSelected(selector, pod.labels));
  const splits = [...factsIn(state, "TrafficSplit", pod.namespace).values()].filter(({ backends }) => backends.some(({ service }) => own.some(({ name }) => name === service)));
  const roots = splits.flatMap((split) => [...services.values()].filter(({ name }) => name === split.service && !own.some((each) => each.name === name)).map((service) => ({ service, split: `${split.namespace}/${split.name}` })));
  return [...own.map((service) => ({ service, split: "" })), ...roots].flatMap(({ service, split }) => {
    const [address = ""] = service.headless ? pod.ips : service.clusterIps;
    return service.ports.map(({ port, protocol }) => ({ name: `${service.namespace}/${service.name}:${port}`, service: { namespace: service.namespace, name: service.name }, protocol, address, port, split }));
  });
}

/** A service without a selector leads to no pod. */
function isSelected(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
  const wanted = Object.entries(selector);
  return wanted.length > 0 && wanted.every(([key, value]) => labels[key] === value);
}
