import { compareCodePoints, type Endpoint } from "@osm/model";
import { z } from "zod";
import { ipAddress, labels, listOf, objectName, port, section } from "../limits.ts";
import { inFixedOrder } from "../order.ts";
import { plain, reader } from "./reader.ts";

const endpoint = z.object({
  addresses: z.array(z.string().max(253)).max(100),
  conditions: section(z.object({ ready: z.boolean().nullish(), terminating: z.boolean().nullish() })),
  targetRef: section(z.object({ kind: z.string().optional(), name: objectName.optional() })),
});

const schema = z.object({
  metadata: z.object({ labels }),
  endpoints: listOf(endpoint, 1000),
  ports: listOf(z.object({ name: z.string().nullish(), port: port.nullish(), protocol: z.string().nullish() }), 100),
});

/** A slice that no service owns, and addresses that are names, are not of the mesh. */
export const endpointSlice = reader({
  group: "discovery.k8s.io",
  kind: "EndpointSlice",
  versions: ["v1"],
  schema,
  toFact: ({ metadata, endpoints, ports }, { namespace, name }) => {
    const owner = metadata.labels["kubernetes.io/service-name"];
    if (!owner) return plain(undefined);
    return plain({
      kind: "EndpointSlice",
      namespace,
      name,
      service: owner,
      ports: ports
        .flatMap((each) => (each.port && (each.protocol || "TCP") === "TCP" ? [{ name: each.name ?? "", port: each.port }] : []))
        .toSorted((a, b) => compareCodePoints(a.name, b.name) || a.port - b.port),
      endpoints: inFixedOrder(endpoints.flatMap(endpointsOf), ({ address, pod, ready }) => `${address}/${pod}/${ready}`),
    });
  },
});

/** A missing `ready` counts as ready, as the API says; a terminating endpoint never does. */
function endpointsOf({ addresses, conditions, targetRef }: z.output<typeof endpoint>): readonly Endpoint[] {
  const ready = (conditions.ready ?? true) && conditions.terminating !== true;
  const pod = targetRef.kind === "Pod" ? (targetRef.name ?? "") : "";
  return addresses.flatMap((each) => ipAddress.safeParse(each).data ?? []).map((address) => ({ address, ready, pod }));
}
