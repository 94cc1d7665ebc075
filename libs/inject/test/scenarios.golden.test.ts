import { admitPod, injectionSettings } from "@osm/inject";
import { scenarios } from "@osm/testkit";
import { describe, expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { z } from "zod";
import { applyPatch } from "./apply-patch.ts";

const texts = z.record(z.string(), z.string()).default({});
const scenarioInput = z.strictObject({
  namespace: z.strictObject({ name: z.string(), labels: texts, annotations: texts }),
  settings: z.record(z.string(), z.unknown()).default({}),
  pod: z.unknown(),
});

const meshSettings = {
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds.osm-system.svc", port: 15128, serverName: "osm-xds.osm-system.svc" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
};

describe.each(scenarios(`${import.meta.dirname}/../scenarios`))("$name", ({ input, golden, goldens }) => {
  const { namespace, settings: own, pod } = scenarioInput.parse(parse(input));
  const settings = injectionSettings.parse({ ...meshSettings, ...own });
  const admission = admitPod({ object: pod, namespace, settings });

  test("is admitted so", async () => {
    await expect(stringify(readable(admission), { lineWidth: 0, aliasDuplicateObjects: false })).toMatchFileSnapshot(golden("out.yaml"));
  });
  test("needs no second pass", () => {
    const patch = admission.kind === "injected" ? admission.patch : [];
    const again = admitPod({ object: applyPatch(pod, patch), namespace, settings });
    expect(again).toEqual(admission.kind === "injected" ? { kind: "injected", patch: [], warnings: [] } : admission);
  });
  test("leaves no stale golden behind", () => {
    expect(goldens).toEqual(["out.yaml"]);
  });
});

/** The bootstrap as an object: a reader sees its fields, and what changed in them. */
function readable(value: unknown): unknown {
  if (typeof value === "string" && value.startsWith("{")) return JSON.parse(value);
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, readable(inner)]));
}
