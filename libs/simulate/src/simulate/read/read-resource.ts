import { ClusterLoadAssignmentSchema, ClusterSchema, ListenerSchema, RouteConfigurationSchema, SecretSchema, toJson, TypedExtensionConfigSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { assignment, cluster, type Assignment, type Cluster } from "./cluster.ts";
import { listener, type Listener } from "./listener.ts";
import { typedExtension } from "./rbac.ts";
import { routeConfiguration, type RouteConfiguration } from "./route.ts";
import { callers, type Callers } from "./tls.ts";
import type { z } from "zod";

export type Message =
  | { readonly kind: "LDS"; readonly message: Listener }
  | { readonly kind: "RDS"; readonly message: RouteConfiguration }
  | { readonly kind: "CDS"; readonly message: Cluster }
  | { readonly kind: "EDS"; readonly message: Assignment }
  | { readonly kind: "ECDS"; readonly message: z.output<typeof typedExtension> }
  | { readonly kind: "SDS"; readonly message: Callers };

/** @throws Error on anything in the bytes that the simulator does not know. */
export function readResource({ type, bytes }: Pick<Resource, "type" | "bytes">): Message {
  switch (type) {
    case "LDS":
      return { kind: type, message: listener.parse(toJson(ListenerSchema, bytes)) };
    case "RDS":
      return { kind: type, message: routeConfiguration.parse(toJson(RouteConfigurationSchema, bytes)) };
    case "CDS":
      return { kind: type, message: cluster.parse(toJson(ClusterSchema, bytes)) };
    case "EDS":
      return { kind: type, message: assignment.parse(toJson(ClusterLoadAssignmentSchema, bytes)) };
    case "ECDS":
      return { kind: type, message: typedExtension.parse(toJson(TypedExtensionConfigSchema, bytes)) };
    case "SDS":
      return { kind: type, message: callers.parse(toJson(SecretSchema, bytes)) };
  }
}
