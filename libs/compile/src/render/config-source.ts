import { ApiVersion } from "@osm/envoy-api";

/** "From the stream that everything comes from." */
export const overAds = {
  resourceApiVersion: ApiVersion.V3,
  configSourceSpecifier: { case: "ads", value: {} },
} as const;
