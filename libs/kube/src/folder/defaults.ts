import { createHash } from "node:crypto";
import { headOf } from "@osm/intake";

/**
 * The ClusterIP of a Service that names none: an address in 10.96.0.0/12 that depends on its name alone, so that everyone
 * who looks at the folder agrees. The range is the one kubeadm gives out. Two names may get one address: both keep it, and
 * where they also share a port the compiler says so (SERVICE_ADDRESS_TAKEN).
 */
export function defaultClusterIp(namespace: string, name: string): string {
  const [a = 0, b = 0, c = 0] = createHash("sha256").update(`${namespace}/${name}`).digest();
  return `10.${96 + (a % 16)}.${b}.${1 + (c % 254)}`;
}

/** Fills in what an API server would have: here, the address of a Service. */
export function withDefaults(object: unknown): unknown {
  const head = headOf(object);
  if (head?.kind !== "Service" || head.group !== "" || !isRecord(object)) return object;
  const spec = isRecord(object["spec"]) ? object["spec"] : {};
  if (spec["clusterIP"] || spec["clusterIPs"] || spec["type"] === "ExternalName") return object;
  return { ...object, spec: { ...spec, clusterIP: defaultClusterIp(head.namespace, head.name) } };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
