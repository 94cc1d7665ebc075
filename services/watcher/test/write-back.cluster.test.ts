import { createMemoryBus } from "@osm/bus";
import { openKubeApi } from "@osm/kube";
import { digestOf, objectRef } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { clusterNeeds, smiCrds, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { eventually, needs } from "@osm/testkit";
import { encodeJson } from "@osm/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createWriteBack } from "../src/write-back/write-back.ts";
import { subjects } from "./bench.ts";
import { namespaceObject, target } from "./many-objects.ts";
import { context } from "./real-cluster.ts";
import { watcherAccount, watcherRights } from "./watcher-rights.ts";

const roots = (text: string) => encodeJson({ trustDomain: "cluster.local", roots: [text], issuer: digestOf(text) });
const slow = { deadlineMs: 120_000, everyMs: 100 };

needs(...clusterNeeds)("a watcher with the rights that it asks for, and no others", () => {
  let cluster: TestCluster;
  let kubeconfig = "";
  beforeAll(async () => {
    cluster = await startTestCluster();
    await cluster.apply(namespaceObject("osm-system", {}), namespaceObject("shop"), ...smiCrds, ...watcherRights(context));
    kubeconfig = await cluster.kubeconfigFor({ token: (await cluster.kubectl("create", "token", watcherAccount, "-n", "osm-system")).trim() });
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  function writing(bus: ReturnType<typeof createMemoryBus>, replica: string) {
    const stop = new AbortController();
    const api = openKubeApi({ kubeconfig, context: "" });
    const writeBack = createWriteBack({ api, bus, context, replica, xdsServerName: "osm-xds.osm-system.svc", now: Date.now, log: silentLog, leaseMs: 2000 });
    const done = writeBack.run(stop.signal);
    return {
      ...writeBack,
      [Symbol.asyncDispose]: async () => {
        stop.abort();
        await done;
      },
    };
  }
  const trustIn = async (namespace: string): Promise<Readonly<Record<string, string>>> =>
    JSON.parse(await cluster.kubectl("get", "configmap", "osm-trust-osm", "-n", namespace, "-o", "json")).data;

  test("keeps the roots in each namespace of the mesh, what others added to the map included", async () => {
    const bus = createMemoryBus();
    await using writer = writing(bus, "a");
    writer.membersAre(["shop"]);
    await bus.publish(subjects.trust, roots("root one"));
    await eventually(async () => expect((await trustIn("shop"))["ca.crt"]).toBe("root one\n"), slow);
    expect((await trustIn("shop"))["root-sds.yaml"]).toContain("osm-xds.osm-system.svc");
    await cluster.kubectl("annotate", "configmap", "osm-trust-osm", "-n", "shop", "mine=kept");
    await bus.publish(subjects.trust, roots("root two"));
    await eventually(async () => expect((await trustIn("shop"))["ca.crt"]).toBe("root two\n"), slow);
    expect(await cluster.kubectl("get", "configmap", "osm-trust-osm", "-n", "shop", "-o", "yaml")).toContain("mine: kept");

    await cluster.apply(namespaceObject("late"));
    writer.membersAre(["shop", "gone-already", "late"]);
    await eventually(async () => expect((await trustIn("late"))["ca.crt"]).toBe("root two\n"), slow);
  });

  test("says a finding as an event on its object, with the field and the way out, once", async () => {
    const bus = createMemoryBus();
    await cluster.apply(target("to-nowhere", "shop"));
    await using _first = writing(bus, "a");
    await using _second = writing(bus, "b");
    const on = objectRef("TrafficTarget", "shop", "to-nowhere");
    const finding = { code: "ROUTE_GROUP_MISSING", severity: "warning", on, field: "spec.rules[0].name", detail: "all" };
    await bus.publish(subjects.finding("compiler", on), encodeJson({ source: "", findings: [finding] }));
    const described = await eventually(async () => {
      const text = await cluster.kubectl("describe", "traffictarget", "to-nowhere", "-n", "shop");
      expect(text).toContain("ROUTE_GROUP_MISSING");
      return text;
    }, slow);
    expect(described).toContain("spec.rules[0].name: there is no HTTPRouteGroup all in this namespace; create it or correct the name");
    expect((await cluster.kubectl("get", "events", "-n", "shop", "-o", "name")).trim().split("\n")).toHaveLength(1);
  });
});
