import { factKinds } from "@osm/model";
import { eventually, needs } from "@osm/testkit";
import { clusterNeeds, crdOf, openWire, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { listenTo, quickTimes } from "./told-cluster.ts";

const allListed = factKinds.map((kind) => `listed ${kind}`);
const account = (name: string, namespace = "default") => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace } });
const target = (name: string, version = "v1alpha3") => ({ apiVersion: `access.smi-spec.io/${version}`, kind: "TrafficTarget", metadata: { name, namespace: "default" }, spec: {} });
const targets = crdOf("access.smi-spec.io", "TrafficTarget", ["v1alpha2", "v1alpha3"]);

needs(...clusterNeeds)("a Kubernetes API", () => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startTestCluster();
  });
  afterAll(async () => await cluster[Symbol.asyncDispose]());

  test("is listed kind by kind, those without a CRD as empty, and then followed", async () => {
    await cluster.apply(account("before"));
    await using listening = listenTo(cluster.kubeconfig);
    const told = await listening.until(...allListed, "ServiceAccount/default/before");
    expect(told.indexOf("ServiceAccount/default/before")).toBeLessThan(told.indexOf("listed ServiceAccount"));
    expect(told).toContain("Namespace//default");
    await cluster.apply(account("after"));
    await listening.until("ServiceAccount/default/after");
    await cluster.kubectl("delete", "serviceaccount", "before", "after");
    await listening.until("-ServiceAccount/default/before", "-ServiceAccount/default/after");
  });

  test("may get a CRD later, whose objects are then told, and lose it again", async () => {
    await using listening = listenTo(cluster.kubeconfig);
    await listening.until(...allListed);
    await cluster.apply(targets);
    await cluster.kubectl("wait", "--for=condition=Established", "crd/traffictargets.access.smi-spec.io");
    await cluster.apply(target("new"), target("old", "v1alpha2"));
    await listening.until("TrafficTarget/default/new", "TrafficTarget/default/old");
    await cluster.kubectl("delete", "crd", "traffictargets.access.smi-spec.io");
    await listening.until("-TrafficTarget/default/new", "-TrafficTarget/default/old");
  });

  describe("whose connections are cut", () => {
    test("is asked for what came meanwhile, and for that alone", async () => {
      await using wire = await openWire(cluster.port);
      await using listening = listenTo(await cluster.kubeconfigFor({ port: wire.port }));
      await listening.until(...allListed);
      wire.refuse(true);
      wire.cut();
      await cluster.apply(account("meanwhile"));
      await cluster.kubectl("delete", "serviceaccount", "meanwhile");
      await cluster.apply(account("at-last"));
      wire.refuse(false);
      const told = await listening.until("ServiceAccount/default/at-last");
      expect(told).toEqual(["ServiceAccount/default/meanwhile", "-ServiceAccount/default/meanwhile", "ServiceAccount/default/at-last"]);
    });

    test("without a word is given up by the time a watch may be silent", async () => {
      await using wire = await openWire(cluster.port);
      const times = { ...quickTimes, watchS: 2, silenceMs: 3000 };
      await using listening = listenTo(await cluster.kubeconfigFor({ port: wire.port }), times);
      await listening.until(...allListed);
      // A server that lists in pages has told all before the first watch begins.
      await cluster.apply(account("heard"));
      await listening.until("ServiceAccount/default/heard");
      wire.deafen();
      await cluster.apply(account("unheard"));
      await listening.until("ServiceAccount/default/unheard");
      // The watch that told it may have been between two connections: those of other kinds were not.
      await eventually(async () => expect(listening.logged.some((line) => line.includes("nothing heard of the API server"))).toBe(true), { deadlineMs: 60_000 });
    });
  });

  test("that forgot where we were is listed anew: what went meanwhile is told as gone", async () => {
    await cluster.apply(account("goes"), account("stays"));
    await using wire = await openWire(cluster.port);
    await using listening = listenTo(await cluster.kubeconfigFor({ port: wire.port }));
    await listening.until(...allListed);
    wire.refuse(true);
    wire.cut();
    await cluster.kubectl("delete", "serviceaccount", "goes");
    await cluster.apply(account("comes"));
    await cluster.compact();
    await cluster.killApi();
    await cluster.startApi();
    wire.refuse(false);
    const told = await listening.until("-ServiceAccount/default/goes", "ServiceAccount/default/comes");
    expect(told).toContain("ServiceAccount/default/stays");
    expect(told.filter((each) => each.startsWith("-"))).toEqual(["-ServiceAccount/default/goes"]);
    expect(listening.logged.some((line) => line.includes('"status":410'))).toBe(true);
    expect(told.some((each) => each.startsWith("listed"))).toBe(false);
  });

  test("that refuses a kind is asked again, says who must be allowed what, and hides no other kind", async () => {
    const token = (await cluster.kubectl("create", "token", "default")).trim();
    await cluster.apply({ apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "some" },
      rules: [{ apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "watch"] }] });
    await cluster.kubectl("create", "clusterrolebinding", "some", "--clusterrole=some", "--serviceaccount=default:default");
    await using listening = listenTo(await cluster.kubeconfigFor({ token }));
    const told = await listening.until("listed Namespace");
    expect(told).not.toContain("listed Pod");
    await cluster.kubectl("create", "clusterrole", "more", "--verb=get,list,watch", "--resource=pods,serviceaccounts");
    await cluster.kubectl("create", "clusterrolebinding", "more", "--clusterrole=more", "--serviceaccount=default:default");
    await listening.until("listed Pod", "listed ServiceAccount");
    expect(listening.logged.some((line) => line.includes("grant get, list and watch") && line.includes('"kind":"Pod"'))).toBe(true);
    expect(listening.logged.join()).not.toContain(token);
  });
});

needs(...clusterNeeds)("a Kubernetes API that cannot begin a watch with a list", () => {
  test("is listed page by page", async () => {
    await using cluster = await startTestCluster({ apiFlags: ["--feature-gates=WatchList=false"] });
    await cluster.apply(...Array.from({ length: 7 }, (_, index) => account(`a${index}`)));
    await using listening = listenTo(cluster.kubeconfig, { ...quickTimes, pageSize: 3 });
    const told = await listening.until(...allListed);
    const accounts = told.filter((each) => each.startsWith("ServiceAccount/default/a"));
    expect(accounts).toEqual(Array.from({ length: 7 }, (_, index) => `ServiceAccount/default/a${index}`));
    expect(listening.logged.some((line) => line.includes("pages only"))).toBe(true);
    await cluster.kubectl("delete", "serviceaccount", "a3");
    await listening.until("-ServiceAccount/default/a3");
  });
});
