import { canonicalJson, compareCodePoints, distinct, type Finding, type HttpMatch } from "@osm/model";
import { z } from "zod";
import { shortText } from "../limits.ts";
import { inFixedOrder } from "../order.ts";
import { errorsOn, reader, type Subject } from "./reader.ts";

const methods = ["*", "GET", "HEAD", "PUT", "POST", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"] as const;
const method = z.string().max(16).transform((written) => written.toUpperCase()).pipe(z.enum(methods));

// zod passes over a key of this name, and with it a condition would be lost.
const withoutPrototype = z.custom<Record<string, unknown>>((map) => typeof map === "object" && map !== null && !Object.hasOwn(map, "__proto__"));
const headerMap = withoutPrototype.pipe(z.record(z.string().regex(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,256}$/), z.string().max(2048)));
/** An item that names no header is a condition that got lost. */
const headerItem = headerMap.refine((map) => Object.keys(map).length > 0, "names no header");

// Strict: each key narrows a match, so one that nobody here understands must not be passed over.
const match = z.strictObject({
  name: shortText.min(1),
  pathRegex: z.string().max(2048).default(""),
  methods: z.array(method).max(100).default([]),
  // The SMI text writes a map, its CRD a list of maps; both are in use (OSM §2.8).
  headers: z.union([z.array(headerItem).max(100), headerMap]).default([]),
});

type Match = z.output<typeof match>;

const schema = z.object({ spec: z.strictObject({ matches: z.array(match).max(1000).default([]) }) });

/** A match that cannot be held as it is written is left out of the group: what names it is granted nothing by it. */
export const httpRouteGroup = reader({
  group: "specs.smi-spec.io",
  kind: "HTTPRouteGroup",
  versions: ["v1alpha4", "v1alpha3"],
  schema,
  toFact: ({ spec }, subject) => {
    const { namespace, name } = subject;
    const read = spec.matches.map((each, at) => ({ match: httpMatchOf(each), findings: repeatedHeaders(each, at, subject) }));
    const held = read.filter(({ findings }) => findings.length === 0).map((each) => each.match);
    return {
      value: { kind: "HTTPRouteGroup", namespace, name, matches: inFixedOrder(held, (each) => canonicalJson([each.name, each])) },
      findings: read.flatMap(({ findings }) => findings),
    };
  },
});

function httpMatchOf(written: Match): HttpMatch {
  const { name, pathRegex } = written;
  return {
    name,
    pathRegex: pathRegex === "" ? ".*" : pathRegex,
    methods: written.methods.includes("*") ? [] : distinct(written.methods),
    headers: Object.fromEntries(headersOf(written).toSorted(([a], [b]) => compareCodePoints(a, b))),
  };
}

/** RE2 has no `and`, so one header can be held against one pattern only. */
function repeatedHeaders(written: Match, at: number, { ref }: Subject): readonly Finding[] {
  const patterns = Map.groupBy(headersOf(written), ([key]) => key);
  const repeated = [...patterns].filter(([, pairs]) => new Set(pairs.map(([, pattern]) => pattern)).size > 1);
  return repeated.map(([key]) => errorsOn(ref)("ROUTE_HEADER_REPEATED", `spec.matches[${at}].headers`, key));
}

function headersOf({ headers }: Match): readonly (readonly [key: string, pattern: string])[] {
  const maps = Array.isArray(headers) ? headers : [headers];
  return maps.flatMap((map) => Object.entries(map)).map(([key, pattern]) => [headerName(key), pattern === "" ? onlyEmpty : pattern]);
}

/** What an empty pattern says; Envoy has no word for it, and refuses the whole route table that holds one. */
const onlyEmpty = "^$";

/** `Host` is `:authority` to a proxy (OSM §5.5). */
function headerName(name: string): string {
  const lower = name.toLowerCase();
  return lower === "host" ? ":authority" : lower;
}
