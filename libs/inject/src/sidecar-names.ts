/** Names within a pod. Those of the containers are OSM's. */
export const part = { proxy: "envoy", init: "osm-init", trust: "osm-trust", token: "osm-token", programs: "osm-bin" } as const;
