import { podUid } from "@osm/model";
import { z } from "zod";
import { ipAddress, labels, listOf, objectName, port, section, shortText } from "../limits.ts";
import { plain, reader } from "./reader.ts";

const containerPort = z.object({ name: shortText.nullish(), containerPort: port, protocol: z.string().nullish() });
const container = z.object({ name: shortText, ports: listOf(containerPort, 1000) });

const podSchema = z.object({
  metadata: z.object({ uid: z.string().regex(/^[0-9A-Za-z-]{1,64}$/), labels }),
  spec: z.object({
    serviceAccountName: z.union([objectName, z.literal("")]).nullish().transform((written) => written || "default"),
    containers: listOf(container, 1000),
    initContainers: listOf(container, 1000),
  }),
  status: section(z.object({ phase: z.string().nullish(), podIPs: listOf(z.object({ ip: ipAddress }), 4) })),
});

type PodObject = z.output<typeof podSchema>;

/** A pod that ended is no longer a fact: it holds no address and no proxy. */
export const pod = reader({
  group: "",
  kind: "Pod",
  versions: ["v1"],
  schema: podSchema,
  toFact: (object, { namespace, name }) => {
    const { metadata, spec, status } = object;
    if (status.phase === "Succeeded" || status.phase === "Failed") return plain(undefined);
    return plain({
      kind: "Pod",
      namespace,
      name,
      uid: podUid(metadata.uid),
      serviceAccount: spec.serviceAccountName,
      labels: metadata.labels,
      // The first is the pod's main address, so their order stays.
      ips: status.podIPs.map(({ ip }) => ip),
      ports: namedPorts(object),
      meshed: [...spec.containers, ...spec.initContainers].some(({ name: found }) => found === "envoy"),
    });
  },
});

/** Of two containers' ports of one name the lowest is meant, whichever container stands first. */
function namedPorts({ spec }: PodObject): Readonly<Record<string, number>> {
  const numbers = new Map<string, number>();
  for (const { name, containerPort: number, protocol } of spec.containers.flatMap((each) => each.ports)) {
    if (name && (protocol || "TCP") === "TCP") numbers.set(name, Math.min(number, numbers.get(name) ?? number));
  }
  return Object.fromEntries(numbers);
}

export const serviceAccount = reader({
  group: "",
  kind: "ServiceAccount",
  versions: ["v1"],
  schema: z.object({}),
  toFact: (_object, { namespace, name }) => plain({ kind: "ServiceAccount", namespace, name }),
});
