import { compileMesh, type CompiledMesh } from "@osm/compile";
import { xdsTypes, type XdsType } from "@osm/model";
import { expect, test } from "vitest";
import { read, settings } from "./mesh-of.ts";

const world = (sources: readonly string[]) => `
apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {openservicemesh.io/monitored-by: osm}}
---
apiVersion: v1
kind: Pod
metadata: {name: db-0, namespace: shop, uid: uid-db, labels: {app: db}}
spec: {serviceAccountName: db, containers: [{name: envoy}, {name: app}]}
status: {phase: Running, podIPs: [{ip: 10.0.0.1}]}
---
apiVersion: v1
kind: Service
metadata: {name: db, namespace: shop}
spec: {clusterIP: 10.96.0.1, selector: {app: db}, ports: [{name: tcp, port: 5432}]}
---
apiVersion: specs.smi-spec.io/v1alpha4
kind: TCPRoute
metadata: {name: db, namespace: shop}
spec: {matches: {name: db, ports: [5432]}}
${sources.map((source) => `---
apiVersion: access.smi-spec.io/v1alpha3
kind: TrafficTarget
metadata: {name: ${source}, namespace: shop}
spec:
  destination: {kind: ServiceAccount, name: db, namespace: shop}
  rules: [{kind: TCPRoute, name: db}]
  sources: [{kind: ServiceAccount, name: ${source}, namespace: shop}]
`).join("")}`;

const compile = (sources: readonly string[], before?: CompiledMesh) => compileMesh(read(world(sources)).state, settings, before);
const listener = (mesh: CompiledMesh) => mesh.views[0]?.resources.LDS.find(({ name }) => name === "inbound-listener")?.digest;

/** Types of which something is another in the second. */
function touched(before: CompiledMesh, after: CompiledMesh): readonly XdsType[] {
  const listed = (mesh: CompiledMesh, type: XdsType) => (type === "EDS" ? [] : (mesh.views[0]?.resources[type] ?? []).map(({ name, digest }) => `${name} ${digest}`));
  return xdsTypes.filter((type) => listed(before, type).join() !== listed(after, type).join());
}

test("a grant of bytes changes both locks and no chain: nobody is cut", () => {
  const one = compile(["a"]);
  expect(touched(one, compile(["a", "b"], one))).toEqual(["ECDS", "SDS"]);
});

test("a loss changes both locks, and the chain", () => {
  const two = compile(["a", "b"]);
  expect(touched(two, compile(["a"], two))).toEqual(["ECDS", "SDS", "LDS"]);
});

test("a loss changes the chain as well, each time anew", () => {
  const both = compile(["a", "b"]);
  const lost = compile(["a"], both);
  const again = compile(["a", "b"], lost);
  const lostAgain = compile(["a"], again);
  expect(listener(lost)).not.toBe(listener(both));
  expect(listener(again)).toBe(listener(lost));
  expect(listener(lostAgain)).not.toBe(listener(lost));
});

test("what has not changed stays, whoever compiles it after a restart from the views that stand", () => {
  const lost = compile(["a"], compile(["a", "b"]));
  expect(compile(["a"], { ...lost, cache: { outbound: new Map(), views: new Map() } }).views).toEqual(lost.views);
});
