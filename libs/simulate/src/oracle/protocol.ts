import type { Service } from "./world.ts";

export type ServicePort = Service["spec"]["ports"][number];

/** What a service port says of itself. `detect`: nothing, so the first bytes of the caller decide. */
export type Protocol = "http" | "tcp" | "detect";

const http = ["http", "http2", "h2c", "grpc", "grpc-web", "ws", "kubernetes.io/h2c", "kubernetes.io/ws"];

/** appProtocol, else the port's name up to its first dash. An appProtocol that nobody knows is carried as bytes. */
export function protocolOf({ name, appProtocol }: ServicePort): Protocol {
  if (appProtocol !== undefined) return http.includes(appProtocol.toLowerCase()) ? "http" : "tcp";
  const prefix = name.split("-")[0];
  if (prefix === "http" || prefix === "grpc") return "http";
  return prefix === "tcp" ? "tcp" : "detect";
}

/** The ports of a service that the mesh carries, lowest first. */
export function portsOf({ spec }: Service): readonly ServicePort[] {
  return spec.ports.filter(({ protocol }) => protocol === "TCP").toSorted((a, b) => a.port - b.port);
}
