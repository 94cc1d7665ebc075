import type { FindingCode } from "@osm/model";

/** What a user is told: what is wrong, and the way out. */
const sentences: Readonly<Record<FindingCode, (detail: string) => string>> = {
  OBJECT_UNREADABLE: (detail) => `the field does not hold to its schema (${detail}); correct it, until then the object has no effect`,
  OBJECT_UNSUPPORTED_VERSION: (detail) => `version ${detail} is not read; write the object in a version that is`,
  TARGET_OTHER_NAMESPACE: (detail) => `the destination is in namespace ${detail}; a TrafficTarget must be in the namespace of its destination`,
  TARGET_WITHOUT_RULES: () => "a TrafficTarget without rules grants nothing; name an HTTPRouteGroup in spec.rules",
  TARGET_WITHOUT_SOURCES: () => "a TrafficTarget without sources grants nothing; name a ServiceAccount in spec.sources",
  TARGET_SOURCE_OUTSIDE: (detail) => `a source is in namespace ${detail}, which is not in this mesh, so it may call nobody here; add the namespace to the mesh (osm namespace add), or correct the name`,
  TARGET_UNSUPPORTED_KIND: (detail) => `kind ${detail} is not supported here, so the whole TrafficTarget grants nothing; name a ServiceAccount, and rules of HTTPRouteGroup or TCPRoute`,
  ROUTE_GROUP_MISSING: (detail) => `there is no HTTPRouteGroup ${detail} in this namespace; create it or correct the name, until then the rule grants nothing`,
  ROUTE_MATCH_MISSING: (detail) => `the group has no match of this name (${detail}); the rule grants nothing for it`,
  ROUTE_REGEX_INVALID: (detail) => `not a usable RE2 expression (${detail}); the match grants nothing`,
  ROUTE_HEADER_REPEATED: (detail) => `header ${detail} has several patterns in one match, and only one can be held against it; the match grants nothing`,
  TCP_ROUTE_MISSING: (detail) => `there is no TCPRoute ${detail} in this namespace; create it or correct the name, until then the rule grants nothing`,
  SPLIT_ROOT_MISSING: (detail) => `there is no service ${detail} in this namespace to split; create it or correct spec.service`,
  SPLIT_OTHER_NAMESPACE: (detail) => `service ${detail} is in another namespace; a TrafficSplit must be in the namespace of its services`,
  SPLIT_BACKEND_MISSING: (detail) => `there is no service ${detail} in this namespace; the backend gets no share until there is`,
  SPLIT_BACKEND_WITHOUT_PORT: (detail) => `backend ${detail} has no port of the root service's number; it gets no share there`,
  SPLIT_WEIGHTS_ZERO: () => "all weights are zero, so the split has no effect; give a backend a weight",
  SPLIT_SHADOWED: (detail) => `TrafficSplit ${detail} already splits this service, and only one can; delete one of them`,
  SERVICE_PROTOCOL_UNKNOWN: (detail) => `appProtocol ${detail} is not known here; the port is handled as plain TCP`,
  NAMESPACE_LABEL_OF_OTHER_MESH: (detail) => `the namespace carries osm-injection=enabled and belongs to mesh ${detail}; it stays with that mesh`,
  MESH_TLS_RANGE_EMPTY: (detail) => `the highest TLS version (${detail}) is below the lowest; the lowest is used for both`,
  SERVICE_ADDRESS_TAKEN: (detail) => `another service already has this address and port (${detail}); this one is not reachable there`,
  SERVICE_PORT_REPEATED: (detail) => `two ports of the service are alike (${detail}); give each its own number and name, until then the service is not in the mesh`,
  SERVICE_PORT_SHADOWED: (detail) => `another service port leads to container port ${detail} with another protocol, which is believed`,
  SERVICE_TARGET_PORT_UNKNOWN: (detail) => `no container port of the pod is named ${detail}; the port is closed until one is`,
  RESOURCE_REJECTED: (detail) => `Envoy refused what was made of this object: ${detail}`,
};

const known: ReadonlyMap<string, (detail: string) => string> = new Map(Object.entries(sentences));

/** The words for a finding, which may have come from a newer compiler: then its code has to do. */
export function sentenceOf({ code, detail }: { readonly code: string; readonly detail: string }): string {
  return known.get(code)?.(detail) ?? `${code}: ${detail}`;
}
