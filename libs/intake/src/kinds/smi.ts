import { compareCodePoints, distinct, inOrder, type Finding, type HttpMatch, type Identity, type TrafficRule } from "@osm/model";
import { z } from "zod";
import { listOf, objectName, shortText } from "../limits.ts";
import { plain, reader, type Subject } from "./reader.ts";

const account = z.object({ kind: z.string().max(63), name: objectName, namespace: objectName.optional() });
const rule = z.object({ kind: z.string().max(63), name: objectName, matches: listOf(shortText, 1000) });

const targetSchema = z.object({
  spec: z.object({ destination: account, rules: listOf(rule, 1000), sources: listOf(account, 1000) }),
});

type Target = z.output<typeof targetSchema>["spec"];

/** What makes a target void is said here and in full: such a target grants nothing (osm.md §5.6). */
export const trafficTarget = reader({
  group: "access.smi-spec.io",
  kind: "TrafficTarget",
  versions: ["v1alpha3"],
  schema: targetSchema,
  toFact: ({ spec }, subject) => {
    const findings = voidTarget(spec, subject);
    if (findings.length > 0) return { value: undefined, findings };
    const { namespace, name } = subject;
    return plain({
      kind: "TrafficTarget",
      namespace,
      name,
      destination: identityOf(spec.destination, namespace),
      sources: inOrder(spec.sources.map((source) => identityOf(source, namespace)), (id) => `${id.namespace}/${id.serviceAccount}`),
      rules: inOrder(spec.rules.flatMap(ruleOf), (each) => `${each.name}/${each.matches.join("/")}`),
    });
  },
});

function voidTarget(spec: Target, { namespace, ref }: Subject): readonly Finding[] {
  const found = (code: Finding["code"], field: string, detail: string): Finding => ({ code, severity: "error", on: ref, field, detail });
  const accounts = [["spec.destination", spec.destination] as const, ...spec.sources.map((source, at) => [`spec.sources[${at}]`, source] as const)];
  const destinationNamespace = spec.destination.namespace ?? namespace;
  return [
    ...(destinationNamespace === namespace ? [] : [found("TARGET_OTHER_NAMESPACE", "spec.destination.namespace", destinationNamespace)]),
    ...(spec.rules.length > 0 ? [] : [found("TARGET_WITHOUT_RULES", "spec.rules", "")]),
    ...(spec.sources.length > 0 ? [] : [found("TARGET_WITHOUT_SOURCES", "spec.sources", "")]),
    ...accounts.flatMap(([field, each]) => (each.kind === "ServiceAccount" ? [] : [found("TARGET_UNSUPPORTED_KIND", `${field}.kind`, each.kind)])),
    ...spec.rules.flatMap((each, at) => (each.kind === "HTTPRouteGroup" ? [] : [found("TARGET_UNSUPPORTED_KIND", `spec.rules[${at}].kind`, each.kind)])),
  ];
}

function identityOf({ name, namespace }: z.output<typeof account>, own: string): Identity {
  return { namespace: namespace ?? own, serviceAccount: name };
}

function ruleOf({ kind, name, matches }: z.output<typeof rule>): readonly TrafficRule[] {
  return kind === "HTTPRouteGroup" ? [{ kind, name, matches: distinct(matches) }] : [];
}

const headerMap = z.record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/), z.string().max(2048));
const match = z.object({
  name: shortText.min(1),
  pathRegex: z.string().max(2048).default(""),
  methods: listOf(z.enum(["*", "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]), 100),
  // The SMI text writes a map, its CRD a list of maps; both are in use (osm.md §2.8).
  headers: z.union([headerMap.transform((map) => [map]), z.array(headerMap).max(100)]).nullish().transform((list) => list ?? []),
});

export const httpRouteGroup = reader({
  group: "specs.smi-spec.io",
  kind: "HTTPRouteGroup",
  versions: ["v1alpha4"],
  schema: z.object({ spec: z.object({ matches: listOf(match, 1000) }) }),
  toFact: ({ spec }, { namespace, name }) =>
    plain({ kind: "HTTPRouteGroup", namespace, name, matches: inOrder(spec.matches.map(httpMatchOf), (each) => each.name) }),
});

function httpMatchOf({ name, pathRegex, methods, headers }: z.output<typeof match>): HttpMatch {
  const pairs = headers.flatMap((map) => Object.entries(map)).map(([key, value]) => [headerName(key), value] as const);
  return {
    name,
    pathRegex: pathRegex === "" ? ".*" : pathRegex,
    methods: methods.includes("*") ? [] : distinct(methods),
    headers: Object.fromEntries(pairs.toSorted(([a], [b]) => compareCodePoints(a, b))),
  };
}

/** `Host` is `:authority` to a proxy (osm.md §5.5). */
function headerName(name: string): string {
  const lower = name.toLowerCase();
  return lower === "host" ? ":authority" : lower;
}
