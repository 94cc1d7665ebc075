import { endpointSlice } from "./endpoint-slice.ts";
import { httpRouteGroup } from "./http-route-group.ts";
import { meshConfig } from "./mesh-config.ts";
import { namespace } from "./namespace.ts";
import type { Reader } from "./reader.ts";
import { service } from "./service.ts";
import { tcpRoute } from "./tcp-route.ts";
import { trafficSplit } from "./traffic-split.ts";
import { trafficTarget } from "./traffic-target.ts";
import { pod, serviceAccount } from "./workload.ts";

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
  tcpRoute,
  trafficTarget,
  trafficSplit,
];
