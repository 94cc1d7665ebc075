import { z } from "zod";
import { port, shortText } from "../limits.ts";
import { plain, reader } from "./reader.ts";

// Strict, and an object where SMI has one: what cannot be read as ports must not end as "every port".
const matches = z.strictObject({ name: shortText.optional(), ports: z.array(port).max(1000).default([]) });

/** No ports means every port, and v1alpha3 has none to give (OSM §2.8); one that does is held to them. */
export const tcpRoute = reader({
  group: "specs.smi-spec.io",
  kind: "TCPRoute",
  versions: ["v1alpha4", "v1alpha3"],
  schema: z.object({ spec: z.strictObject({ matches: matches.optional() }) }),
  toFact: ({ spec }, { namespace, name }) => {
    const ports = [...new Set(spec.matches?.ports)].toSorted((a, b) => a - b);
    return plain({ kind: "TCPRoute", namespace, name, ports });
  },
});
