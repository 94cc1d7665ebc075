import { z } from "zod";
import { inForm, type Fault } from "../fault.ts";
import type { Writing } from "../writing.ts";

const match = z.object({ apiGroup: z.string(), kind: z.string(), name: z.string() });
const schema = z.object({ spec: z.object({ matches: z.array(match).nullish() }) });

const known: ReadonlyMap<string, string> = new Map([
  ["specs.smi-spec.io/v1alpha4", "HTTPRouteGroup"],
  ["policy.openservicemesh.io/v1alpha1", "UpstreamTrafficSetting"],
]);

export function egressFaults({ object }: Writing): readonly Fault[] {
  return inForm(schema, object, ({ spec }) => {
    const matches = spec.matches ?? [];
    const settings = matches.filter(({ kind }) => kind === "UpstreamTrafficSetting");
    return [...matches.flatMap(matchFaults), ...(settings.length > 1 ? [{ field: "spec.matches", what: `names ${settings.length} objects of kind UpstreamTrafficSetting: keep one` }] : [])];
  });
}

function matchFaults({ apiGroup, kind }: z.output<typeof match>, at: number): readonly Fault[] {
  const expected = known.get(apiGroup);
  if (expected === undefined) return [{ field: `spec.matches[${at}].apiGroup`, what: `${apiGroup} is not known here: write ${[...known.keys()].join(" or ")}` }];
  return kind === expected ? [] : [{ field: `spec.matches[${at}].kind`, what: `${kind} is not of ${apiGroup}: write ${expected}` }];
}
