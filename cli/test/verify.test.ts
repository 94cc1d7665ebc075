import { KubeError } from "@osm/kube";
import { meshName } from "@osm/model";
import { expect, test } from "vitest";
import type { OpenedCluster } from "../src/cluster/open-cluster.ts";
import { truthOf } from "../src/policy/mesh-truth.ts";
import { verifyInside, verifyOutside } from "../src/verify/connectivity.ts";
import { bookstore, meshConfigObject, podObject } from "./bookstore-objects.ts";

const place = { context: { mesh: meshName("osm"), osmNamespace: "osm-system" }, trustDomain: "cluster.local" };
const mesh = { name: "osm", namespace: "osm-system", version: "2", make: "osm", single: false, deployments: [] } as const;
const from = { namespace: "bookbuyer", name: "buyer-1" };
const asked = { from, to: { namespace: "bookstore", name: "store-1" }, service: "bookstore", protocol: "http" } as const;
const isOf = (object: unknown, name: string) => Object(Object(object).metadata).name === name;

/** What a cluster answers by now, and what was compiled a moment before. */
function sceneOf(now: readonly unknown[], before: readonly unknown[]) {
  const json: OpenedCluster["api"]["json"] = ({ path }) => {
    const found = now.find((object) => Object(object).kind === "Pod" && isOf(object, path.split("/").at(-1) ?? ""));
    return found === undefined ? Promise.reject(new KubeError(path, { status: 404, reason: "NotFound" })) : Promise.resolve(found);
  };
  async function* lines(): AsyncIterable<string> {
    yield* [];
  }
  const cluster: OpenedCluster = { api: { json, lines }, choice: { kubeconfig: "", context: "", podAccount: "last" }, signal: new AbortController().signal };
  return { cluster, mesh, truth: truthOf(before, place) };
}

const permissive = [...bookstore, meshConfigObject({ enablePermissiveTrafficPolicyMode: true })];
const withoutBuyer = permissive.filter((object) => !isOf(object, from.name));
const readyBuyer = podObject({ ...from, ip: "10.0.0.5", app: "bookbuyer" });

test("what is there before and after is answered", async () => {
  expect(await verifyInside(sceneOf(permissive, permissive), asked)).toMatchObject({ status: "Success" });
});

test.each([
  ["went", withoutBuyer, permissive],
  ["came", [...withoutBuyer, readyBuyer], withoutBuyer],
] as const)("a pod that %s between two reads is not known of", async (_, now, before) => {
  expect(await verifyInside(sceneOf(now, before), asked)).toMatchObject({ status: "Unknown" });
  expect(await verifyOutside(sceneOf(now, before), { from, host: "example.org", port: 443, protocol: "tcp" })).toMatchObject({ status: "Unknown" });
});

test("what the simulation cannot follow is not known", async () => {
  const scene = sceneOf(permissive, permissive);
  const truth = { ...scene.truth, get simulated(): never {
    throw new Error("a filter that is not simulated");
  } };
  expect(await verifyOutside({ ...scene, truth }, { from, host: "example.org", port: 443, protocol: "tcp" })).toMatchObject({ status: "Unknown", parts: expect.arrayContaining([expect.objectContaining({ status: "Unknown", reason: "a filter that is not simulated" })]) });
});
