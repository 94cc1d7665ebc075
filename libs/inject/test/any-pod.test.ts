import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { admitPod, injectionSettings } from "@osm/inject";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { applyPatch } from "./apply-patch.ts";

const settings = injectionSettings.parse({
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds.osm-system.svc", port: 15128, serverName: "osm-xds.osm-system.svc" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
  nativeSidecars: true,
  sleepHooks: true,
});
const namespace = { name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } };
const admit = (object: unknown) => admitPod({ object, namespace, settings });

const dir = join(import.meta.dirname, "../shapes");
const shapes: readonly unknown[] = readdirSync(dir).map((file): unknown => parse(readFileSync(join(dir, file), "utf8")));

describe("whatever an API server sends", () => {
  test("is answered", () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (object) => {
        expect(["injected", "skipped", "refused"]).toContain(admit(object).kind);
      }),
    );
  });

  test("a pod with anything anywhere in it is answered, and one that is injected needs no second pass", () => {
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom(null, [], {}, -1, 0, 15001, "envoy", "__proto__", "Always", { sleep: { seconds: 1 } }));
    fc.assert(
      fc.property(fc.constantFrom(...shapes), fc.nat(), anything, (shape, at, value) => {
        const pod = withAt(shape, at, value);
        const admission = admit(pod);
        if (admission.kind !== "injected") return;
        expect(admit(applyPatch(pod, admission.patch))).toEqual({ kind: "injected", patch: [], warnings: [] });
      }),
      { numRuns: 1000 },
    );
  });

  test("ten thousand containers are refused, in words", () => {
    const containers = Array.from({ length: 10_000 }, (_, at) => ({ name: `c${at}` }));
    expect(admit({ metadata: {}, spec: { containers } })).toEqual({ kind: "refused", message: "pod: cannot read spec.containers" });
  });

  test("as many containers as are read are given one sidecar", () => {
    const containers = Array.from({ length: 1000 }, (_, at) => ({ name: `c${at}`, image: "x", livenessProbe: { httpGet: { port: 1 + at } } }));
    const admission = admit({ metadata: {}, spec: { containers } });
    expect(admission.kind === "injected" && admission.patch.filter(({ path }) => path.endsWith("/livenessProbe"))).toHaveLength(1000);
  });
});

/** The object with one of its parts, counted through, replaced. */
function withAt(object: unknown, at: number, value: unknown): unknown {
  const copy: unknown = structuredClone(object);
  const places = placesIn(copy);
  const place = places[at % places.length];
  place?.(value);
  return copy;
}

function placesIn(node: unknown): readonly ((value: unknown) => void)[] {
  if (typeof node !== "object" || node === null) return [];
  return Object.entries(node).flatMap(([key, inner]: [string, unknown]) => [(value: unknown) => void Object.assign(node, { [key]: value }), ...placesIn(inner)]);
}
