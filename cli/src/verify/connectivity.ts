import { isIP } from "node:net";
import type { PodFact } from "@osm/model";
import type { PodName } from "../policy/pod-argument.ts";
import { configOf, outcomeOf, waysBetween, type Way } from "../policy/ways-between.ts";
import { concluded, failed, unknown, well, type Check } from "./check.ts";
import { podChecks, type Scene } from "./pod-checks.ts";

export interface Inside {
  readonly from: PodName;
  readonly to: PodName;
  /** Name of a service of the called pod's namespace. */
  readonly service: string;
  readonly protocol: AppProtocol;
}

export type AppProtocol = "http" | "tcp";

/** Whether a pod may call another by a service, and what keeps it from it. */
export async function verifyInside(scene: Scene, { from, to, service, protocol }: Inside): Promise<Check> {
  const context = `Verify if pod [${nameOf(from)}] can access pod [${nameOf(to)}] for service [${to.namespace}/${service}]`;
  const [caller, server] = [await podChecks(scene, from), await podChecks(scene, to)];
  const checks = [...caller.checks, ...server.checks];
  if (!caller.pod || !server.pod) return concluded(context, checks);
  const ways = waysBetween(scene.truth, { from: caller.pod, to: server.pod }).filter((way) => way.service.startsWith(`${to.namespace}/${service}:`));
  return concluded(context, [...checks, wayCheck(ways.filter((way) => isOf(way, protocol)), { service: `${to.namespace}/${service}`, to: nameOf(to), protocol })]);
}

function isOf({ request }: Way, protocol: AppProtocol): boolean {
  return request === "anything" || (request === "bytes") === (protocol === "tcp");
}

function wayCheck(ways: readonly Way[], { service, to, protocol }: { readonly service: string; readonly to: string; readonly protocol: AppProtocol }): Check {
  const context = `what is compiled for both sidecars lets ${protocol} calls to service [${service}] pass`;
  if (ways.length === 0) return failed(context, `no port of the service that speaks ${protocol} leads to pod [${to}]`, `see the service's selector and the appProtocol of its ports: kubectl get service ${service.replace("/", " -n ").split(" ").toReversed().join(" ")} -o yaml`);
  if (ways.some(({ answer }) => answer === "allowed")) return well(context);
  const reasons = [...new Set(ways.map(({ request, by }) => `${request}: ${by}`))].join("; ");
  return ways.some(({ answer }) => answer === "not tried") ? unknown(context, reasons) : failed(context, reasons, "osm policy check-pods shows each rule; a TrafficTarget with an HTTPRouteGroup or TCPRoute lets calls pass");
}

export interface Outside {
  readonly from: PodName;
  readonly host: string;
  readonly port: number;
  readonly protocol: AppProtocol;
}

/** Stands for a host whose address is not known here: of a block that nobody has (RFC 5737). */
const anywhere = "192.0.2.1";

/** Whether a pod may call what is outside of the mesh. */
export async function verifyOutside(scene: Scene, { from, host, port, protocol }: Outside): Promise<Check> {
  const context = `Verify if pod [${nameOf(from)}] can access external service [${host}:${port}]`;
  const { checks, pod } = await podChecks(scene, from);
  return concluded(context, pod ? [...checks, egressCheck(scene, pod, { from, host, port, protocol })] : checks);
}

function egressCheck({ truth }: Scene, pod: PodFact, { host, port, protocol }: Outside): Check {
  const context = `what is compiled for its sidecar lets calls to [${host}:${port}] leave the mesh`;
  const address = isIP(host) === 0 ? anywhere : host;
  const speaks = protocol === "http" ? ({ kind: "http", method: "GET", path: "/", headers: { host } } as const) : ({ kind: "tcp", serverFirst: false } as const);
  const outcome = outcomeOf(truth, { from: `${pod.namespace}/${pod.name}`, to: { address, port }, speaks });
  switch (outcome.kind) {
    case "outside":
      return well(context);
    case "allowed":
      return failed(context, `the address is one of the mesh, of ${[...outcome.shares.keys()].join(", ")}`, "verify it with --to-pod and --to-service");
    case "doubt":
      return unknown(context, outcome.why);
    case "refused":
      return failed(context, outcome.why, `MeshConfig ${configOf(truth)} closes the mesh: spec.traffic.enableEgress true, or osm mesh upgrade --set osm.enableEgress=true, opens it`);
  }
}

function nameOf({ namespace, name }: PodName): string {
  return `${namespace}/${name}`;
}
