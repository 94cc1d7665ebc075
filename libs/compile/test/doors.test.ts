import { compileMesh, type CompiledMesh } from "@osm/compile";
import { xdsTypes, type XdsType } from "@osm/model";
import { expect, test } from "vitest";
import { read, settings } from "./mesh-of.ts";
import { tcpShop } from "./tcp-shop.ts";

const world = (sources: readonly string[]) => tcpShop({ name: "db", port: { name: "tcp", number: 5432 }, sources });

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
