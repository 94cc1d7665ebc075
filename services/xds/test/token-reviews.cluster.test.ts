import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { podUid } from "@osm/model";
import { silentLog } from "@osm/runtime";
import { clusterNeeds, startTestCluster, type TestCluster } from "@osm/test-cluster";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { keysFrom, type KeySource } from "../src/key-source.ts";
import { keysFromCluster } from "../src/keys-from-cluster.ts";
import type { OwnCluster } from "../src/own-cluster.ts";
import { asksCluster, createTokenReviews } from "../src/token-reviews.ts";
import { createBench, jwksOf, saidShop, type Bench, type Judging } from "./bench.ts";
import { identityOf, proxyOf } from "./mesh-said.ts";
import { clusterIssuer, createTokenKey } from "./tokens.ts";

const rights = [
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
  { apiVersion: "v1", kind: "Namespace", metadata: { name: "osm-system" } },
  ...["osm-xds", "stranger"].map((name) => ({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name, namespace: "osm-system" } })),
  { apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRole", metadata: { name: "osm-xds" }, rules: [{ apiGroups: ["authentication.k8s.io"], resources: ["tokenreviews"], verbs: ["create"] }] },
  {
    apiVersion: "rbac.authorization.k8s.io/v1", kind: "ClusterRoleBinding", metadata: { name: "osm-xds" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "osm-xds" }, subjects: [{ kind: "ServiceAccount", name: "osm-xds", namespace: "osm-system" }],
  },
];
const container = { name: "app", image: "none" };
const shop = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace: "shop" } },
  { apiVersion: "v1", kind: "Pod", metadata: { name: "web-1", namespace: "shop" }, spec: { nodeName: "fake", serviceAccountName: "web", terminationGracePeriodSeconds: 0, containers: [container] } },
];

needs(...clusterNeeds)("on a real API server", () => {
  let cluster: TestCluster;
  let dir = "";
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "osm-reviews-"));
    cluster = await startTestCluster();
    await cluster.apply(...rights, { apiVersion: "v1", kind: "Node", metadata: { name: "fake" } }, ...shop);
  });
  afterAll(async () => {
    await cluster[Symbol.asyncDispose]();
    await rm(dir, { recursive: true });
  });

  /** As an account of the control plane sees the API. */
  const as = async (account: string): Promise<OwnCluster> => {
    const accountDir = await mkdtemp(join(dir, "account-"));
    await writeFile(join(accountDir, "ca.crt"), readFileSync(join(dirname(cluster.kubeconfig), "serving/apiserver.crt")));
    await writeFile(join(accountDir, "token"), await cluster.kubectl("create", "token", account, "-n", "osm-system"));
    return { host: "127.0.0.1", port: `${cluster.port}`, accountDir };
  };
  const uidOf = (pod: string) => cluster.kubectl("get", "pod", pod, "-n", "shop", "-o", "jsonpath={.metadata.uid}");
  const tokenFor = async (pod: string, audience = "osm.osm") =>
    (await cluster.kubectl("create", "token", "web", "-n", "shop", "--audience", audience, "--bound-object-kind", "Pod", "--bound-object-name", pod)).trim();
  const reviewing = (own: OwnCluster) => createTokenReviews({ ask: asksCluster(own), issuers: [clusterIssuer], audience: "osm.osm", now: Date.now, log: silentLog });
  const served = async (bench: Bench, judging: Judging) => {
    await saidShop(bench);
    await bench.compiler.proxy({ ...proxyOf("web", "web"), uid: podUid(await uidOf("web-1")) });
    return bench.start(judging);
  };
  const strange: KeySource = keysFrom(async () => jwksOf(createTokenKey("another")), Date.now);
  const none: KeySource = keysFrom(() => Promise.reject(new Error("no keys")), Date.now);

  test.each([["lack the one that signed", strange], ["are not to be had", none]])("a proxy is let in by its word where keys %s", async (_why, keys) => {
    await using bench = createBench();
    const xds = await served(bench, { ...keys, reviews: reviewing(await as("osm-xds")) });
    const web = await bench.open(xds, "web", { token: await tokenFor("web-1") });
    web.behave();
    await web.until(({ SDS, EDS }) => SDS.size === 2 && EDS.size === 1);
  });

  test("its keys judge without its word, and go on doing so while it is away", async () => {
    await using bench = createBench();
    const keys = keysFromCluster(await as("osm-xds"), Date.now);
    const xds = await served(bench, { ...keys, reviews: () => expect.fail("the keys were enough") });
    bench.clock.advance(Date.now() - bench.clock.now());
    const token = await tokenFor("web-1");
    const first = await bench.open(xds, "web", { token });
    first.behave();
    await first.until(({ SDS }) => SDS.size === 2);
    await cluster.killApi();
    try {
      const second = await bench.open(xds, "web", { token });
      second.behave();
      await second.until(({ SDS }) => SDS.size === 2);
    } finally {
      await cluster.startApi();
    }
  });

  test("forged, foreign and outlived tokens are refused by it, and its word is not taken for a mesh that the token is not meant for", async () => {
    const reviews = reviewing(await as("osm-xds"));
    const { token: forge } = createTokenKey("forger");
    const forged = forge({ uid: await uidOf("web-1"), identity: identityOf("web"), now: Date.now(), issuer: clusterIssuer });
    expect(await reviews(forged)).toEqual({ kind: "refused", reason: "not-vouched-for" });
    expect(await reviews(await tokenFor("web-1", "osm.other"))).toEqual({ kind: "refused", reason: "audience" });
    const unbound = await cluster.kubectl("create", "token", "web", "-n", "shop", "--audience", "osm.osm");
    expect(await reviews(unbound.trim())).toEqual({ kind: "refused", reason: "not-bound-to-a-pod" });

    await cluster.apply({ ...shop[1], metadata: { name: "web-2", namespace: "shop" } });
    const outlived = await tokenFor("web-2");
    await cluster.kubectl("delete", "pod", "web-2", "-n", "shop", "--wait=true");
    expect(await reviews(outlived)).toEqual({ kind: "refused", reason: "not-vouched-for" });
  });

  test("an account without the right gets no word, and nobody is let in", async () => {
    await using bench = createBench();
    const xds = await served(bench, { ...none, reviews: reviewing(await as("stranger")) });
    const web = await bench.open(xds, "web", { token: await tokenFor("web-1") });
    expect((await web.ended).details).toBe("no-keys");
    const own = await as("stranger");
    const words = await asksCluster(own)({ apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: { token: "x" } }).then(() => "", String);
    expect(words).toMatch(/answered 403 .*`create` on tokenreviews/);
  });
});
