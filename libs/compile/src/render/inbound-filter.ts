import { NetworkRbacSchema, packAny, TypedExtensionConfigSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { inboundFilterName } from "../names.ts";
import { seal } from "../seal.ts";
import type { Access } from "../slice/slices.ts";
import { connectionRules } from "./rbac.ts";

/** Who may open a connection of bytes to a port. */
export function renderInboundFilter(port: number, access: Access): Resource {
  const name = inboundFilterName(port);
  const typedConfig = packAny(NetworkRbacSchema, { statPrefix: `network-${port}.`, rules: connectionRules(access, port) });
  return seal({ type: "ECDS", name, schema: TypedExtensionConfigSchema, content: { name, typedConfig } });
}
