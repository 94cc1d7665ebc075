import { digestOfJson, refOf, viewId, type Finding, type PodFact, type ServiceFact, type ServicePort, type Staged } from "@osm/model";
import { isIpv6 } from "../families.ts";
import type { InboundPort, ProxyClass } from "./slices.ts";

/**
 * The class of a meshed pod: its account, the ports that the services in front of it lead to, and whether it has an IPv6
 * address. One that has none yet is as one without: it gets more once it is known, and loses nothing.
 */
export function classOf(pod: PodFact, services: readonly ServiceFact[]): Staged<ProxyClass> {
  const findings: Finding[] = [];
  const ports = new Map<number, InboundPort>();
  for (const service of services) {
    for (const port of service.ports) {
      const number = containerPort(pod, port);
      if (number === undefined) findings.push(unknownPort(service, port));
      else claim(ports, { number, port, service, findings });
    }
  }
  const identity = { namespace: pod.namespace, serviceAccount: pod.serviceAccount };
  const sorted = [...ports.values()].toSorted((a, b) => a.port - b.port);
  const ipv6 = pod.ips.some(isIpv6);
  const id = viewId(digestOfJson({ identity, ports: sorted, ...(ipv6 ? { ipv6 } : {}) }).slice(0, 32));
  return { value: { id, identity, ports: sorted, ipv6 }, findings };
}

/** The container port that a service port leads to in one pod. */
export function containerPort(pod: PodFact, { targetPort }: ServicePort): number | undefined {
  return typeof targetPort === "number" ? targetPort : pod.ports[targetPort];
}

interface Claim {
  readonly number: number;
  readonly port: ServicePort;
  readonly service: ServiceFact;
  readonly findings: Finding[];
}

/** Two services may share a container port; where they disagree on its protocol the first by name is believed. */
function claim(ports: Map<number, InboundPort>, { number, port, service, findings }: Claim): void {
  const holder = ports.get(number);
  if (!holder) ports.set(number, { port: number, protocol: port.protocol });
  else if (holder.protocol !== port.protocol) {
    findings.push({ code: "SERVICE_PORT_SHADOWED", severity: "warning", on: refOf(service), field: `spec.ports[${port.port}]`, detail: `${number}` });
  }
}

function unknownPort(service: ServiceFact, { port, targetPort }: ServicePort): Finding {
  return { code: "SERVICE_TARGET_PORT_UNKNOWN", severity: "warning", on: refOf(service), field: `spec.ports[${port}].targetPort`, detail: `${targetPort}` };
}
