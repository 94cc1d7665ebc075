import { distinct, inOrder, type Finding, type SplitBackend } from "@osm/model";
import { z } from "zod";
import { listOf, objectName } from "../limits.ts";
import { errorsOn, reader, unless, type Subject } from "./reader.ts";

/** `web`, `web.shop`, or the full name of it, whatever the cluster's domain. */
const serviceName = objectName.regex(/^[^.]+(\.[^.]+(\.svc(\..+)?)?)?$/, "not a service's name").transform((written) => {
  const [service = "", namespace] = written.split(".");
  return { service, namespace };
});
type ServiceName = z.output<typeof serviceName>;

// A thousand of the heaviest stay below what Envoy adds up to (2^32).
const heaviest = 1_000_000;
const backend = z.object({ service: serviceName, weight: z.int().min(0).max(heaviest) });

const schema = z.object({
  spec: z.object({
    service: serviceName,
    backends: z.array(backend).min(1).max(1000),
    matches: listOf(z.object({ kind: z.literal("HTTPRouteGroup"), name: objectName }), 1000),
  }),
});
type Split = z.output<typeof schema>["spec"];

/** v1alpha1 is left out: its weights are quantities. A backend that is named twice has the sum of its weights. */
export const trafficSplit = reader({
  group: "split.smi-spec.io",
  kind: "TrafficSplit",
  versions: ["v1alpha2", "v1alpha3", "v1alpha4"],
  schema,
  toFact: ({ spec }, subject) => {
    const { namespace, name } = subject;
    const matches = distinct(spec.matches.map((each) => each.name));
    return unless(faultsOf(spec, subject), () => ({
      kind: "TrafficSplit", namespace, name, service: spec.service.service, backends: backendsOf(spec), matches,
    }));
  },
});

/** A split and its services are of one namespace (OSM §5.7). */
function faultsOf(spec: Split, { namespace, ref }: Subject): readonly Finding[] {
  const error = errorsOn(ref);
  const named: readonly (readonly [field: string, name: ServiceName])[] = [
    ["spec.service", spec.service],
    ...spec.backends.map(({ service }, at) => [`spec.backends[${at}].service`, service] as const),
  ];
  return [
    ...named.flatMap(([field, { namespace: other = namespace }]) => (other === namespace ? [] : [error("SPLIT_OTHER_NAMESPACE", field, other)])),
    ...(spec.backends.some(({ weight }) => weight > 0) ? [] : [error("SPLIT_WEIGHTS_ZERO", "spec.backends", "")]),
  ];
}

function backendsOf({ backends }: Split): readonly SplitBackend[] {
  const weights = new Map<string, number>();
  for (const { service: { service }, weight } of backends) weights.set(service, (weights.get(service) ?? 0) + weight);
  return inOrder([...weights].map(([service, weight]) => ({ service, weight })), ({ service }) => service);
}
