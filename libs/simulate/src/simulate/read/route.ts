import { z } from "zod";
import { headerMatcher } from "./matcher.ts";
import { httpRbacPerRoute } from "./rbac.ts";
import { inert, list } from "./strict.ts";

/** What a route or virtual host says to a filter, by the filter's name. */
const perFilter = z.record(z.string(), httpRbacPerRoute).default({});

const match = z.strictObject({
  prefix: z.string().optional(),
  path: z.string().optional(),
  safe_regex: z.strictObject({ regex: z.string() }).optional(),
  headers: list(headerMatcher),
});

const weighted = z.strictObject({
  clusters: z.array(z.strictObject({ name: z.string(), weight: z.int().default(0) })).min(1),
  total_weight: inert,
});

const action = z.strictObject({
  cluster: z.string().optional(),
  weighted_clusters: weighted.optional(),
  timeout: inert,
  retry_policy: inert,
  max_stream_duration: inert,
});

const route = z.strictObject({ name: inert, match, route: action, typed_per_filter_config: perFilter });
export type Route = z.output<typeof route>;

const virtualHost = z.strictObject({ name: z.string().min(1), domains: z.array(z.string()).min(1), routes: list(route), typed_per_filter_config: perFilter });
export type VirtualHost = z.output<typeof virtualHost>;

export const routeConfiguration = z.strictObject({ name: z.string(), virtual_hosts: list(virtualHost), validate_clusters: inert });
export type RouteConfiguration = z.output<typeof routeConfiguration>;
