import { isRead } from "@osm/intake";
import { factOf, type MeshState } from "@osm/model";
import { z } from "zod";
import { findObject } from "../cluster/objects.ts";
import type { PodName } from "../policy/pod-argument.ts";
import { doorsTo } from "../policy/service-doors.ts";
import { concluded, failed, unknown, well, type Check } from "./check.ts";
import { judged, podChecks, type Scene } from "./pod-checks.ts";

export interface Ingress {
  /** The service of the ingress controller. */
  readonly from: PodName;
  readonly to: PodName;
  readonly service: string;
  readonly backend: string;
  /** As the IngressBackend has it: the port of the pod. */
  readonly port: number;
}

const backendObject = z.object({
  spec: z.object({
    backends: z.array(z.object({ name: z.string(), port: z.object({ number: z.number(), protocol: z.string() }) })).default([]),
    sources: z.array(z.object({ kind: z.string(), name: z.string(), namespace: z.string().optional() })).default([]),
  }),
});

/** Whether an ingress controller may call a pod by an IngressBackend. */
export async function verifyIngress(scene: Scene, asked: Ingress): Promise<Check> {
  const { from, to, service, backend } = asked;
  const context = `Verify if service [${from.namespace}/${from.name}] can reach pod [${to.namespace}/${to.name}] for service [${to.namespace}/${service}] by IngressBackend [${to.namespace}/${backend}]`;
  const { checks } = await podChecks(scene, to);
  const object = await findObject(scene.cluster, `/apis/policy.openservicemesh.io/v1alpha1/namespaces/${to.namespace}/ingressbackends/${backend}`);
  return concluded(context, [...checks, await sourceService(scene, from), leads(scene.truth.state, asked), ...objectChecks(object, asked), actedOn(asked)]);
}

async function sourceService({ cluster }: Scene, { namespace, name }: PodName): Promise<Check> {
  const found = await findObject(cluster, `/api/v1/namespaces/${namespace}/services/${name}`);
  return judged(found !== undefined, `service [${namespace}/${name}] of the ingress controller is there`, { reason: "there is none", suggestion: "correct --from-service" });
}

function leads(state: MeshState, { to, service }: Ingress): Check {
  const pod = factOf(state, "Pod", to);
  const context = `service [${to.namespace}/${service}] leads to pod [${to.namespace}/${to.name}]`;
  if (!pod) return unknown(context, "the pod is not in the mesh");
  return judged(doorsTo(state, pod).some((door) => door.service.name === service), context, { reason: "it does not select the pod, or is not there", suggestion: "correct --to-service, or the selector of the service" });
}

function objectChecks(object: unknown, { to, service, backend, port, from }: Ingress): readonly Check[] {
  const there = `IngressBackend [${to.namespace}/${backend}] is there`;
  const read = backendObject.safeParse(object);
  if (!read.success) return [failed(there, object === undefined ? "there is none" : "its spec cannot be read", "correct --ingress-backend, or write the object in the namespace of the backend")];
  const { backends, sources } = read.data.spec;
  const named = backends.filter(({ name }) => name === service);
  const isSource = sources.some(({ kind, name, namespace }) => (kind === "Service" && name === from.name && (namespace ?? to.namespace) === from.namespace) || kind === "IPRange" || kind === "AuthenticatedPrincipal");
  return [
    well(there),
    judged(named.some((each) => each.port.number === port), `its backends have service [${service}] at port [${port}]`, { reason: named.length === 0 ? "no backend has that name" : `the port there is ${named.map((each) => each.port.number).join(", ")}`, suggestion: "spec.backends[].port.number is the port of the pod, not of the service" }),
    judged(isSource, `its sources have service [${from.namespace}/${from.name}], or addresses or principals`, { reason: "none of spec.sources means it", suggestion: `add {kind: Service, name: ${from.name}, namespace: ${from.namespace}} to spec.sources` }),
  ];
}

/** What the mesh does not read it compiles nothing of. */
function actedOn({ to, backend }: Ingress): Check {
  const context = "this version of the mesh compiles IngressBackends";
  const head = { group: "policy.openservicemesh.io", version: "v1alpha1", kind: "IngressBackend", namespace: to.namespace, name: backend };
  return judged(isRead(head), context, { reason: "it does not read them, so no door is opened for anybody outside of the mesh", suggestion: "let the ingress controller's namespace join the mesh, and write a TrafficTarget for it" });
}
