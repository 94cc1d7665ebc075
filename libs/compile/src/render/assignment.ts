import { ClusterLoadAssignmentSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { seal } from "../seal.ts";
import { socketAddress } from "./address.ts";

/** One locality, `local`, equal weights (osm.md §5.12). `endpoints` are `<ip> <port>`, in order. */
export function renderAssignment(name: string, endpoints: readonly string[]): Resource {
  const lbEndpoints = endpoints.map((endpoint) => ({ hostIdentifier: { case: "endpoint", value: { address: addressOf(endpoint) } } }) as const);
  return seal({
    type: "EDS",
    name,
    schema: ClusterLoadAssignmentSchema,
    content: { clusterName: name, endpoints: lbEndpoints.length > 0 ? [{ locality: { zone: "local" }, lbEndpoints }] : [] },
  });
}

function addressOf(endpoint: string) {
  const [ip = "", port = ""] = endpoint.split(" ");
  return socketAddress(ip, Number(port));
}
