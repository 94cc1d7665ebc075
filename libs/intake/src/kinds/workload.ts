import { inOrder, podUid } from "@osm/model";
import { z } from "zod";
import { labels, listOf, objectName, port, shortText } from "../limits.ts";
import { plain, reader } from "./reader.ts";

const containerPort = z.object({ name: shortText.optional(), containerPort: port, protocol: z.string().default("TCP") });
const container = z.object({ name: shortText, ports: listOf(containerPort, 1000) });

const podSchema = z.object({
  metadata: z.object({ uid: z.string().regex(/^[0-9A-Za-z-]{1,64}$/), labels }),
  spec: z.object({
    serviceAccountName: objectName.default("default"),
    containers: z.array(container).max(1000),
    initContainers: listOf(container, 1000),
  }),
  status: z
    .object({ phase: z.string().default("Pending"), podIPs: listOf(z.object({ ip: z.ipv4().or(z.ipv6()) }), 4) })
    .prefault({}),
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
      ips: status.podIPs.map(({ ip }) => ip),
      ports: namedPorts(object),
      meshed: [...spec.containers, ...spec.initContainers].some(({ name: found }) => found === "envoy"),
    });
  },
});

function namedPorts({ spec }: PodObject): Readonly<Record<string, number>> {
  const ports = spec.containers.flatMap((each) => each.ports).filter((each) => each.protocol === "TCP" && each.name);
  return Object.fromEntries(inOrder(ports, (each) => each.name ?? "").map((each) => [each.name ?? "", each.containerPort]));
}

export const serviceAccount = reader({
  group: "",
  kind: "ServiceAccount",
  versions: ["v1"],
  schema: z.object({}),
  toFact: (_object, { namespace, name }) => plain({ kind: "ServiceAccount", namespace, name }),
});
