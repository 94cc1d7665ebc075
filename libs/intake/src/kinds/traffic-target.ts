import { canonicalJson, distinct, type Finding, type Identity, type TrafficRule } from "@osm/model";
import { z } from "zod";
import { objectName, shortText } from "../limits.ts";
import { inFixedOrder } from "../order.ts";
import { errorsOn, reader, unless, type Subject } from "./reader.ts";

// Strict where a key could narrow the grant: one that nobody here understands (v1alpha2 has a port) must not be passed over.
const account = z.strictObject({ kind: z.string().max(63), name: objectName, namespace: objectName.optional() });
const rule = z.strictObject({ kind: z.string().max(63), name: objectName, matches: z.array(shortText).max(1000).default([]) });

const schema = z.object({
  spec: z.strictObject({
    destination: account,
    rules: z.array(rule).max(1000).default([]),
    sources: z.array(account).max(1000).default([]),
  }),
});

type Account = z.output<typeof account>;
type Rule = z.output<typeof rule>;
type Target = z.output<typeof schema>["spec"];

/** What makes a target void is said here and in full: such a target grants nothing (OSM §5.6). */
export const trafficTarget = reader({
  group: "access.smi-spec.io",
  kind: "TrafficTarget",
  versions: ["v1alpha3", "v1alpha2"],
  schema,
  toFact: ({ spec }, subject) => {
    const { namespace, name } = subject;
    return unless(faultsOf(spec, subject), () => ({
      kind: "TrafficTarget",
      namespace,
      name,
      destination: identityOf(spec.destination, namespace),
      sources: inFixedOrder(spec.sources.map((source) => identityOf(source, namespace)), (id) => `${id.namespace}/${id.serviceAccount}`),
      rules: inFixedOrder(spec.rules.flatMap(ruleOf), (each) => canonicalJson([each.kind, each.name, each.matches])),
    }));
  },
});

function faultsOf(spec: Target, { namespace, ref }: Subject): readonly Finding[] {
  const error = errorsOn(ref);
  const destinationNamespace = spec.destination.namespace ?? namespace;
  return [
    ...(destinationNamespace === namespace ? [] : [error("TARGET_OTHER_NAMESPACE", "spec.destination.namespace", destinationNamespace)]),
    ...(spec.rules.length > 0 ? [] : [error("TARGET_WITHOUT_RULES", "spec.rules", "")]),
    ...(spec.sources.length > 0 ? [] : [error("TARGET_WITHOUT_SOURCES", "spec.sources", "")]),
    ...kindsOf(spec).flatMap(({ kind, field, isKnown }) => (isKnown ? [] : [error("TARGET_UNSUPPORTED_KIND", field, kind)])),
  ];
}

function kindsOf({ destination, sources, rules }: Target) {
  const isAccount = ({ kind }: Account) => kind === "ServiceAccount";
  return [
    { kind: destination.kind, field: "spec.destination.kind", isKnown: isAccount(destination) },
    ...sources.map((each, at) => ({ kind: each.kind, field: `spec.sources[${at}].kind`, isKnown: isAccount(each) })),
    ...rules.map((each, at) => ({ kind: each.kind, field: `spec.rules[${at}].kind`, isKnown: ruleOf(each).length > 0 })),
  ];
}

function identityOf({ name, namespace }: Account, own: string): Identity {
  return { namespace: namespace ?? own, serviceAccount: name };
}

/** A TCPRoute has but one match, so naming it says nothing more. */
function ruleOf({ kind, name, matches }: Rule): readonly TrafficRule[] {
  if (kind === "HTTPRouteGroup") return [{ kind, name, matches: distinct(matches) }];
  return kind === "TCPRoute" ? [{ kind, name, matches: [] }] : [];
}
