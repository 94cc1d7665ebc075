import { DirectResponseSchema, packAny } from "@osm/envoy-api";

/** Ends a connection without a byte. */
export function closeAtOnce() {
  const filter = { name: "envoy.filters.network.direct_response", configType: { case: "typedConfig", value: packAny(DirectResponseSchema, {}) } } as const;
  return [filter];
}
