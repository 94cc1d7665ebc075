/** What every mesh of this machine has alike. */
export const xdsServerName = "osm-xds.osm-system.svc";
export const trustDomain = "cluster.local";
export const osmNamespace = "osm-system";
