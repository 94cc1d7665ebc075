import { packAny, HttpRbacPerRouteSchema, RouteConfigurationSchema } from "@osm/envoy-api";
import type { Resource } from "@osm/model";
import { inboundRouteName, localClusterName } from "../names.ts";
import { seal } from "../seal.ts";
import type { Access } from "../slice/slices.ts";
import { seconds } from "./address.ts";
import { rbacFilter } from "./http-connection.ts";
import { requestRules } from "./rbac.ts";

/** Who may do what on a port. It stands at the virtual host, where a change is obeyed on open connections at once. */
export function renderInboundRoute(port: number, access: Access): Resource {
  const name = inboundRouteName(port);
  const cluster = localClusterName(port);
  const route = { clusterSpecifier: { case: "cluster", value: cluster }, timeout: seconds(0) } as const;
  return seal({
    type: "RDS",
    name,
    schema: RouteConfigurationSchema,
    needs: [cluster],
    content: {
      name,
      virtualHosts: [
        {
          name: `inbound_virtual-host|${port}`,
          domains: ["*"],
          routes: [{ match: { pathSpecifier: { case: "prefix", value: "/" } }, action: { case: "route", value: route } }],
          typedPerFilterConfig: { [rbacFilter]: packAny(HttpRbacPerRouteSchema, { rbac: { rules: requestRules(access) } }) },
        },
      ],
    },
  });
}
