import { join } from "node:path";
import { factWhere, settled } from "@osm/cli/dev";
import type { EndpointSliceFact } from "@osm/model";
import type { Pod } from "@osm/sandbox";
import { appsDir, home, mesh, nodeBin, type Stage } from "./stage.ts";

export const policy = (name: string) => join(home, "policies", `${name}.yaml`);

/** The pods of the story. */
export interface Cast {
  readonly web: Pod;
  readonly echo: Pod;
  readonly buyer: Pod;
  readonly thief: Pod;
}

/** Pods that stand throughout. */
export const standing = 4;

export function webPod(name: string) {
  return {
    namespace: "shop", name, serviceAccount: "web", labels: { app: "web" }, ports: [{ name: "http", containerPort: 8080 }],
    command: { argv: [nodeBin, join(appsDir, "after-sidecar.mjs"), join(appsDir, "greeter.mjs")], env: { NAME: name, PORT: "8080" } },
  };
}

/** It speaks first. */
export function echoPod(name: string) {
  return {
    namespace: "shop", name, serviceAccount: "echo", labels: { app: "echo" }, ports: [{ name: "tcp-echo", containerPort: 9000 }],
    command: { argv: [nodeBin, join(appsDir, "after-sidecar.mjs"), join(appsDir, "tcp-echo.mjs")], env: { IDENTITY: name } },
  };
}

export function idlePod(name: string) {
  return { namespace: "shop", name, serviceAccount: name, labels: { app: name }, ports: [], command: { argv: ["sleep", "infinity"], env: {} } };
}

/** Waits until every proxy has ACKed that a pod serves, or that it does not any more. @returns how long that took, in ms. */
export async function endpointKnown({ mesh: { bus } }: Stage, pod: Pod, { ready, proxies }: { readonly ready: boolean; readonly proxies: number }): Promise<number> {
  // The sandbox has written the slice before it says that the pod is ready, or is about to be stopped.
  const writtenAt = Date.now();
  const revision = await factWhere(bus, mesh, (fact) => fact.kind === "EndpointSlice" && saysOf(fact, pod) === ready);
  const { settledAt } = await settled(bus, mesh, { revision, proxies });
  return Math.max(0, settledAt - writtenAt);
}

/** Whether a slice says that the pod serves. One that does not speak of it, as those of other services, says neither. */
export function saysOf({ endpoints }: Pick<EndpointSliceFact, "endpoints">, { ip }: Pick<Pod, "ip">): boolean | undefined {
  return endpoints.find(({ address }) => address === ip)?.ready;
}
