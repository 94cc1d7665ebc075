import { ClusterLoadAssignmentSchema, ClusterSchema, encode, fromJson, ListenerSchema, RouteConfigurationSchema, SecretSchema, toJson, TypedExtensionConfigSchema } from "@osm/envoy-api";
import { digestOf, trustSecret, type Digest, type Fact, type Resource } from "@osm/model";
import type { Fault } from "./compiled-world.ts";

type Json = ReturnType<typeof toJson>;
interface JsonObject {
  [key: string]: Json;
}

const schemas = { CDS: ClusterSchema, EDS: ClusterLoadAssignmentSchema, ECDS: TypedExtensionConfigSchema, LDS: ListenerSchema, RDS: RouteConfigurationSchema, SDS: SecretSchema };

/** A fault in every message node, however deep, that `change` knows; what it gives back stands in the node's place. */
function inMessages(type: keyof typeof schemas, change: (node: JsonObject) => JsonObject): Fault {
  const done = new Map<Digest, Resource>();
  return {
    kind: "resource",
    change: (resource) => {
      if (resource.type !== type) return resource;
      const found = done.get(resource.digest);
      if (found) return found;
      const made = rewritten(resource, (json) => walk(json, change), schemas[type]);
      done.set(resource.digest, made);
      return made;
    },
  };
}

function rewritten(resource: Resource, change: (json: Json) => Json, schema: (typeof schemas)[keyof typeof schemas]): Resource {
  const bytes = encode(schema, fromJson(schema, change(toJson(schema, resource.bytes))));
  return { ...resource, bytes, digest: digestOf(bytes) };
}

function walk(json: Json, change: (node: JsonObject) => JsonObject): Json {
  if (Array.isArray(json)) return json.map((each) => walk(each, change));
  if (json === null || typeof json !== "object") return json;
  return change(Object.fromEntries(Object.entries(json).map(([key, value]) => [key, walk(value, change)])));
}

/** Replaces a field where it is there. */
function at(field: string, change: (value: Json) => Json) {
  return (node: JsonObject): JsonObject => {
    const value = node[field];
    return value === undefined ? node : { ...node, [field]: change(value) };
  };
}

function without(field: string) {
  return ({ [field]: _gone, ...rest }: JsonObject): JsonObject => rest;
}

const lists = (change: (items: Json[]) => Json[]) => (value: Json) => (Array.isArray(value) ? change(value) : value);
const isAbout = (json: Json, field: string) => typeof json === "object" && json !== null && field in json;
const anyone: Json = [{ any: true }];

/** Gives each weight to the next one of the list. */
const turned = (weight: string) => lists((items) => items.map((item, index) => {
  const next = items[(index + 1) % items.length];
  const value = typeof next === "object" && next !== null && !Array.isArray(next) ? next[weight] : undefined;
  return typeof item !== "object" || item === null || Array.isArray(item) || value === undefined ? item : { ...item, [weight]: value };
}));

function inFacts<K extends Fact["kind"]>(kind: K, change: (fact: Extract<Fact, { readonly kind: K }>) => Fact): Fault {
  const isMeant = (fact: Fact): fact is Extract<Fact, { readonly kind: K }> => fact.kind === kind;
  return { kind: "fact", change: (fact) => (isMeant(fact) ? change(fact) : fact) };
}

/** What could go wrong between an object and an Envoy. Each must be noticed. */
export const faults: Readonly<Record<string, Fault>> = {
  "requests: a policy is dropped": inMessages("RDS", at("policies", (all) => Object.fromEntries(Object.entries(all ?? {}).slice(1)))),
  "requests: a principal is anybody": inMessages("RDS", at("principals", () => anyone)),
  "requests: the first principal alone": inMessages("RDS", at("principals", lists((all) => all.slice(0, 1)))),
  "requests: a permission is anything": inMessages("RDS", at("permissions", () => anyone)),
  "requests: conditions are or-ed": inMessages("RDS", ({ and_rules: all, ...node }) => (all === undefined ? node : { ...node, or_rules: all })),
  "requests: the path is not looked at": inMessages("RDS", (node) => (isAbout(node, "url_path") ? { any: true } : node)),
  "requests: headers and methods are not looked at": inMessages("RDS", (node) => (isAbout(node, "header") ? { any: true } : node)),
  "requests: no rules are enforced": inMessages("RDS", without("rbac")),
  "requests: the route says nothing to the filter": inMessages("RDS", without("typed_per_filter_config")),
  "requests: allow becomes deny": inMessages("RDS", (node) => (isAbout(node, "policies") ? { ...node, action: "DENY" } : node)),
  "connections: a principal is anybody": inMessages("ECDS", at("principals", () => anyone)),
  "connections: no rules are enforced": inMessages("ECDS", without("rules")),
  "connections: no policy is left": inMessages("ECDS", without("policies")),
  "connections: the filter is not in the chain": inMessages("LDS", at("filters", lists((all) => all.filter((filter) => !isAbout(filter, "config_discovery"))))),
  "connections: anybody is greeted": inMessages("SDS", without("match_typed_subject_alt_names")),
  "connections: the first caller alone is greeted": inMessages("SDS", at("match_typed_subject_alt_names", lists((all) => all.slice(0, 1)))),
  "connections: all whom the roots vouch for are greeted": inMessages("LDS", at("validation_context_sds_secret_config", (value) => Object.assign({}, value, { name: trustSecret }))),
  "split: weights of requests are turned": inMessages("RDS", at("clusters", turned("weight"))),
  "split: weights of connections are turned": inMessages("EDS", at("endpoints", turned("load_balancing_weight"))),
  "split: localities are not weighted": inMessages("CDS", without("locality_weighted_lb_config")),
  "split: every endpoint has the first backend's name": inMessages("EDS", without("metadata")),
  "listener: slashes are not merged": inMessages("LDS", without("merge_slashes")),
  "listener: dots are not resolved": inMessages("LDS", without("normalize_path")),
  "listener: escaped slashes pass": inMessages("LDS", without("path_with_escaped_slashes_action")),
  "listener: underscores pass": inMessages("LDS", without("common_http_protocol_options")),
  "listener: ports stay in hosts": inMessages("LDS", without("strip_any_host_port")),
  "listener: no certificate is asked for": inMessages("LDS", without("require_client_certificate")),
  "listener: a chain is for any port": inMessages("LDS", without("destination_port")),
  "listener: a chain takes plaintext": inMessages("LDS", without("transport_socket")),
  "listener: server-first is cut off": inMessages("LDS", without("continue_on_listener_filters_timeout")),
  "listener: nothing is inspected": inMessages("LDS", without("listener_filters")),
  "listener: no default chain": inMessages("LDS", without("default_filter_chain")),
  "cluster: another server is expected": inMessages("CDS", at("match_typed_subject_alt_names", () => [{ san_type: "URI", matcher: { exact: "spiffe://cluster.local/ns/a/sa/nobody" } }])),
  "cluster: the verdict on the protocol is not said": inMessages("CDS", without("alpn_protocols")),
  "cluster: plaintext": inMessages("CDS", (node) => without("transport_socket")(without("transport_socket_matches")(node))),
  "endpoints: one is missing": inMessages("EDS", at("lb_endpoints", lists((all) => all.slice(1)))),
  "endpoints: weights differ": inMessages("EDS", at("lb_endpoints", lists((all) => all.map((each, index) => (isAbout(each, "endpoint") ? Object.assign({}, each, { load_balancing_weight: index + 1 }) : each))))),
  "facts: named matches mean all": inFacts("TrafficTarget", (fact) => ({ ...fact, rules: fact.rules.map((rule) => ({ ...rule, matches: [] })) })),
  "facts: a rule is dropped": inFacts("TrafficTarget", (fact) => ({ ...fact, rules: fact.rules.slice(1) })),
  "facts: a source is dropped": inFacts("TrafficTarget", (fact) => ({ ...fact, sources: fact.sources.slice(1) })),
  "facts: sources and destination change places": inFacts("TrafficTarget", (fact) => ({ ...fact, destination: fact.sources[0] ?? fact.destination, sources: [fact.destination] })),
  "facts: a TCPRoute means every port": inFacts("TCPRoute", (fact) => ({ ...fact, ports: [] })),
  "facts: methods are not read": inFacts("HTTPRouteGroup", (fact) => ({ ...fact, matches: fact.matches.map((match) => ({ ...match, methods: [] })) })),
  "facts: headers are not read": inFacts("HTTPRouteGroup", (fact) => ({ ...fact, matches: fact.matches.map((match) => ({ ...match, headers: {} })) })),
  "facts: a path is a prefix": inFacts("HTTPRouteGroup", (fact) => ({ ...fact, matches: fact.matches.map((match) => ({ ...match, pathRegex: `${match.pathRegex}.*` })) })),
  "facts: split matches are not read": inFacts("TrafficSplit", (fact) => ({ ...fact, matches: [] })),
  "facts: weight zero counts": inFacts("TrafficSplit", (fact) => ({ ...fact, backends: fact.backends.map((backend) => ({ ...backend, weight: backend.weight + 1 })) })),
  "facts: permissive without being told": inFacts("MeshConfig", (fact) => ({ ...fact, permissive: true })),
  "facts: egress without being told": inFacts("MeshConfig", (fact) => ({ ...fact, egress: true })),
  "facts: all endpoints are ready": inFacts("EndpointSlice", (fact) => ({ ...fact, endpoints: fact.endpoints.map((endpoint) => ({ ...endpoint, ready: true })) })),
  "facts: every port is HTTP": inFacts("Service", (fact) => ({ ...fact, ports: fact.ports.map((port) => ({ ...port, protocol: "http" as const })) })),
  "facts: every pod has a sidecar": inFacts("Pod", (fact) => ({ ...fact, meshed: true })),
};
