import { z } from "zod";
import { httpRbac } from "./rbac.ts";
import { flag, inert, overAds, typed } from "./strict.ts";

const router = typed("envoy.extensions.filters.http.router.v3.Router", {});
const httpFilter = z.strictObject({ name: z.string(), typed_config: z.discriminatedUnion("@type", [httpRbac, router]) });

export const connectionManager = typed("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", {
  stat_prefix: z.string().min(1),
  rds: z.strictObject({ route_config_name: z.string(), config_source: overAds }),
  http_filters: z.array(httpFilter).min(1),
  normalize_path: flag,
  merge_slashes: flag,
  path_with_escaped_slashes_action: z.enum(["KEEP_UNCHANGED", "REJECT_REQUEST"]).default("KEEP_UNCHANGED"),
  strip_any_host_port: flag,
  common_http_protocol_options: z
    .strictObject({ headers_with_underscores_action: z.enum(["ALLOW", "REJECT_REQUEST"]).default("ALLOW"), idle_timeout: inert, max_connection_duration: inert })
    .prefault({}),
  codec_type: inert,
  access_log: inert,
  upgrade_configs: inert,
  forward_client_cert_details: inert,
  set_current_client_cert_details: inert,
  request_timeout: inert,
  stream_idle_timeout: inert,
});
export type ConnectionManager = z.output<typeof connectionManager>;
