import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { MeshName } from "@osm/model";
import { nodeArguments } from "@osm/runtime";
import type { Backbone } from "./backbone.ts";
import type { User } from "./credentials.ts";
import { freePort } from "./free-port.ts";
import { manageProcess, type ManagedProcess } from "./managed-process.ts";

/** One process of a service. */
export interface Replica extends ManagedProcess {
  readonly service: User;
  readonly healthPort: number;
}

export interface ReplicaPlan {
  readonly mesh: MeshName;
  readonly service: User;
  /** Unlike any other's of its service. */
  readonly name: string;
  /** Address where it reaches NATS and Redis. */
  readonly host: string;
  readonly backbone: Backbone;
  readonly logs: string;
  /** What it alone, or its service, is told. */
  readonly env: Readonly<Record<string, string>>;
}

/** A service by its own `main.ts`, configured as in a cluster: by its environment. */
export async function prepareReplica({ mesh, service, name, host, backbone, logs, env }: ReplicaPlan): Promise<Replica> {
  const healthPort = await freePort();
  const process = manageProcess({
    name,
    argv: [globalThis.process.execPath, ...nodeArguments, mainOf(service)],
    logFile: join(logs, `${name}.log`),
    ready: /"message":"ready"/,
    env: {
      OSM_MESH_NAME: mesh, OSM_REPLICA: name, OSM_HEALTH_PORT: `${healthPort}`, OSM_LOG_LEVEL: "info",
      OSM_BUS_URL: backbone.busUrl(service, host), OSM_STORE_URL: backbone.storeUrl(service, host), ...env,
    },
  });
  return { ...process, service, healthPort };
}

function mainOf(service: User): string {
  return fileURLToPath(new URL("main.ts", import.meta.resolve(`@osm/${service}`)));
}

/** What its `/metrics` says. @throws Error when it does not answer within some seconds. */
export async function metricsOf({ healthPort }: Replica): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${healthPort}/metrics`, { signal: AbortSignal.timeout(5000) });
  return answer.text();
}
