import { packAny, TcpProxySchema } from "@osm/envoy-api";
import { connectionLog } from "./access-log.ts";

/** Carries bytes both ways. */
export function carryBytes(statPrefix: string, cluster: string) {
  const config = packAny(TcpProxySchema, { statPrefix, clusterSpecifier: { case: "cluster", value: cluster }, accessLog: [connectionLog] });
  return [{ name: "envoy.filters.network.tcp_proxy", configType: { case: "typedConfig", value: config } } as const];
}
