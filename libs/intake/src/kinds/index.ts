import { endpointSlice, service } from "./discovery.ts";
import { meshConfig } from "./mesh-config.ts";
import { namespace } from "./namespace.ts";
import { pod, serviceAccount } from "./workload.ts";
import { httpRouteGroup, trafficTarget } from "./smi.ts";
import type { Reader } from "./reader.ts";

export type { MeshContext, Reader } from "./reader.ts";

/** Every kind that becomes a fact. A new kind is a reader and a line here. */
export const kinds: readonly Reader[] = [
  meshConfig,
  namespace,
  serviceAccount,
  pod,
  service,
  endpointSlice,
  httpRouteGroup,
  trafficTarget,
];
