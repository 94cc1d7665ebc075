import { sentenceOf } from "@osm/compile";
import type { FindingCode } from "@osm/model";

/** Every code, with what stands for the detail in its sentence. */
const details: Readonly<Record<FindingCode, string>> = {
  OBJECT_UNREADABLE: "WHAT IS WRONG",
  OBJECT_UNSUPPORTED_VERSION: "VERSION",
  TARGET_OTHER_NAMESPACE: "NAMESPACE",
  TARGET_WITHOUT_RULES: "",
  TARGET_WITHOUT_SOURCES: "",
  TARGET_SOURCE_OUTSIDE: "NAMESPACE",
  TARGET_UNSUPPORTED_KIND: "KIND",
  ROUTE_GROUP_MISSING: "NAME",
  ROUTE_MATCH_MISSING: "GROUP/MATCH",
  ROUTE_REGEX_INVALID: "EXPRESSION",
  ROUTE_HEADER_REPEATED: "HEADER",
  TCP_ROUTE_MISSING: "NAME",
  SPLIT_ROOT_MISSING: "NAME",
  SPLIT_OTHER_NAMESPACE: "NAME",
  SPLIT_BACKEND_MISSING: "NAME",
  SPLIT_BACKEND_WITHOUT_PORT: "NAME",
  SPLIT_WEIGHTS_ZERO: "",
  SPLIT_SHADOWED: "NAME",
  SERVICE_ADDRESS_TAKEN: "ADDRESS",
  SERVICE_PORT_REPEATED: "PORT",
  SERVICE_PORT_SHADOWED: "PORT",
  SERVICE_TARGET_PORT_UNKNOWN: "NAME",
  SERVICE_PROTOCOL_UNKNOWN: "PROTOCOL",
  NAMESPACE_LABEL_OF_OTHER_MESH: "MESH",
  MESH_TLS_RANGE_EMPTY: "VERSION",
  RESOURCE_REJECTED: "ENVOY'S WORDS",
};

/** What is remarked on users' objects, code by code. */
export const findingCodes: readonly { readonly code: string; readonly description: string }[] = Object.entries(details).map(([code, detail]) => ({ code, description: sentenceOf({ code, detail }) }));
