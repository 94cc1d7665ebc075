import { digestOfJson } from "@osm/model";
import { z } from "zod";
import { inForm, type Fault } from "../fault.ts";
import type { Writing } from "../writing.ts";

const provider = z.record(z.string(), z.unknown());
const schema = z.object({ spec: z.object({ trustDomain: z.string().nullish(), provider, role: z.string().nullish(), intent: z.string().nullish(), spiffeEnabled: z.boolean().nullish() }) });
type Spec = z.output<typeof schema>["spec"];

const providers: readonly string[] = ["tresor", "vault", "certManager"];

export function rootCertificateFaults({ object, old }: Writing): readonly Fault[] {
  return inForm(schema, object, ({ spec }) => {
    const before = schema.safeParse(old);
    return [...contentFaults(spec), ...(before.success ? changeFaults(spec, before.data.spec) : [])];
  });
}

function contentFaults({ trustDomain, provider: of }: Spec): readonly Fault[] {
  const given = providers.filter((name) => of[name] !== undefined && of[name] !== null);
  return [
    ...(trustDomain === "" ? [{ field: "spec.trustDomain", what: "is empty: write one, as cluster.local" }] : []),
    ...(given.length === 1 ? [] : [{ field: "spec.provider", what: `names ${given.length} providers: write exactly one of ${providers.join(", ")}` }]),
    ...given.flatMap((name) => emptyTexts(of[name], `spec.provider.${name}`)),
  ];
}

/** Every text below a provider says where or what: none of them may be empty. */
function emptyTexts(value: unknown, field: string): readonly Fault[] {
  if (value === "") return [{ field, what: "is empty: write it" }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => emptyTexts(inner, `${field}.${key}`));
}

function changeFaults(spec: Spec, before: Spec): readonly Fault[] {
  const fixed = (["provider", "trustDomain", "spiffeEnabled"] as const).filter((field) => digestOfJson(spec[field] ?? null) !== digestOfJson(before[field] ?? null));
  return [
    ...fixed.map((field) => ({ field: `spec.${field}`, what: "cannot be changed once it is in use: make another MeshRootCertificate and rotate to it" })),
    ...leap(roleOf(spec), roleOf(before)),
  ];
}

function leap(role: string, before: string): readonly Fault[] {
  const pair = [role, before].sort().join();
  return pair === "active,inactive" ? [{ field: "spec.role", what: `goes from ${before} to ${role} at once, which breaks connections: make it passive first` }] : [];
}

function roleOf({ role, intent }: Spec): string {
  return role ?? intent ?? "active";
}
