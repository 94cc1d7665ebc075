import { compileMesh, type CompiledMesh } from "@osm/compile";
import { scenarios } from "@osm/testkit";
import { expect, test } from "vitest";
import { read, settings } from "./mesh-of.ts";

const named = (wanted: string) => scenarios(`${import.meta.dirname}/../scenarios`).find(({ name }) => name === wanted)?.input ?? "";
const requests = named("permissive-mode-does-not-look-at-targets");
const bytes = `${named("a-tcp-route-opens-its-ports-to-its-sources")}---
apiVersion: config.openservicemesh.io/v1alpha2
kind: MeshConfig
metadata: {name: osm-mesh-config, namespace: osm-system}
spec:
  traffic: {enablePermissiveTrafficPolicyMode: true}
`;
const on = "enablePermissiveTrafficPolicyMode: true";

function compile(input: string, permissive: boolean, before?: CompiledMesh): CompiledMesh {
  expect(input).toContain(on);
  return compileMesh(read(permissive ? input : input.replace(on, on.replace("true", "false"))).state, settings, before);
}

const listenerOf = ({ views }: CompiledMesh) => views.flatMap(({ resources }) => resources.LDS).find(({ name }) => name === "inbound-listener")?.digest;

test.each([true, false])("switching modes there and back, permissive at first: %s, gives what a fresh start would", (first) => {
  const fresh = compile(requests, first);
  const other = compile(requests, !first, fresh);
  expect(other.views).toEqual(compile(requests, !first).views);
  expect(other.views).not.toEqual(fresh.views);
  expect(compile(requests, first, other).views).toEqual(fresh.views);
});

test("switching modes changes no listener of requests, so open connections stay", () => {
  const open = compile(requests, true);
  expect(listenerOf(open)).toBeDefined();
  expect(listenerOf(compile(requests, false, open))).toBe(listenerOf(open));
});

test("leaving permissive mode ends connections of bytes, which nobody may have granted; entering it ends none", () => {
  const open = compile(bytes, true);
  const held = compile(bytes, false, open);
  expect(listenerOf(held)).not.toBe(listenerOf(open));
  expect(listenerOf(compile(bytes, true, held))).toBe(listenerOf(held));
});
