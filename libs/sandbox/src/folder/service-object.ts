import { z } from "zod";
import type { SandboxService } from "../endpoint-slice.ts";

const portNumber = z.int().min(1).max(65_535);
const servicePort = z.object({
  name: z.string().max(63).default(""),
  port: portNumber,
  targetPort: z.union([portNumber, z.string().min(1).max(63)]).optional(),
  protocol: z.string().default("TCP"),
  appProtocol: z.string().max(253).optional(),
});

const schema = z.object({
  spec: z.object({
    type: z.string().default("ClusterIP"),
    clusterIP: z.string().max(64).default(""),
    selector: z.record(z.string(), z.string()).default({}),
    ports: z.array(servicePort).max(1000).default([]),
  }),
});

/** A v1 Service, as far as a sandbox makes endpoints and names of it; undefined for one that has neither, or cannot be read. */
export function parseService(object: unknown, { namespace, name }: { readonly namespace: string; readonly name: string }): SandboxService | undefined {
  const parsed = schema.safeParse(object);
  if (!parsed.success || parsed.data.spec.type === "ExternalName") return undefined;
  const { clusterIP, selector, ports } = parsed.data.spec;
  return { namespace, name, clusterIP, selector, ports: ports.filter(({ protocol }) => protocol === "TCP").map(portOf) };
}

function portOf({ name, port, targetPort, appProtocol }: z.output<typeof servicePort>): SandboxService["ports"][number] {
  return { name, port, targetPort: targetPort ?? port, ...(appProtocol === undefined ? {} : { appProtocol }) };
}
