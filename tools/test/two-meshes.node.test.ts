import { env } from "node:process";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { openBus } from "../../libs/bus/src/index.ts";
import { meshName } from "../../libs/model/src/index.ts";
import { createLog } from "../../libs/runtime/src/index.ts";
import { openStore, StoreUnavailable } from "../../libs/store/src/index.ts";
import { eventually, needs } from "../../libs/testkit/src/index.ts";
import { blobPrefix, subjectsOf } from "../../libs/wire/src/index.ts";
import { openRealCluster, type RealCluster } from "../cluster/for-tests.ts";
import { callFrom, countersOf, type Place } from "./on-a-node/apps.ts";
import { buyerOf, namespacesOf, openBookstore, shopUrl } from "./on-a-node/bookstore-of-mesh.ts";
import { failedDuring } from "./on-a-node/failed-during.ts";
import { callWith, forge } from "./on-a-node/forged-caller.ts";
import { objectsOfMesh } from "./on-a-node/objects-of-mesh.ts";
import { osmOn } from "./on-a-node/osm.ts";
import { openSharedBackbone, type SharedBackbone } from "./on-a-node/shared-backbone.ts";
import { keepWhatWasSeen } from "./on-a-node/what-was-seen.ts";
import { chart } from "./rendered-chart.ts";

/** Only to notice what hangs: images, a node and two installations. */
const hangs = 600_000;
const soon = { deadlineMs: 90_000, everyMs: 250 };
const requirements = env["OSM_TEST_KUBECONFIG"] ? (["helm", "kubectl"] as const) : (["helm", "kubectl", "kubelet", "root", "cgroup-v1", "containerd", "ip", "iptables", "openssl", "nats-server", "envoy", "busybox"] as const);

const osm = { mesh: "osm", prefix: "", controlPlane: "osm-system" };
const blue = { mesh: "blue", prefix: "blue-", controlPlane: "blue-system" };
const both = [osm, blue];
/** Where one of the other mesh stands, whom its own sidecar lets call anything. */
const stranger: Place = { namespace: "blue-bookbuyer", workload: "deploy/bookbuyer", container: "bookbuyer" };
const refused = /^(ECONNRESET|UND_ERR_SOCKET|EPIPE|closed|ERR_SSL_\w+)$/;
/** Two control planes, and twice the pods of one while it is upgraded, on a node of two cores. */
const small = ["watcher", "compiler", "ca", "xds", "injector", "nats", "redis"].map((part) => `osm.${part}.resource.requests.cpu=10m`).join();

const quiet = () => ({ signal: AbortSignal.timeout(60_000), log: createLog("two-meshes", "warn") });

// One after the other: each test goes on with what the one before left.
needs(...requirements)("two meshes on one node", () => {
  let cluster: RealCluster;
  const kubectl = (...args: readonly string[]) => cluster.kubectl(...args);
  const osmSays = (words: string, ...more: readonly string[]) => osmOn(cluster, words, ...more);
  const rootOf = async ({ controlPlane }: typeof osm) => Buffer.from(await kubectl("-n", controlPlane, "get", "secret", "osm-ca-bundle", "-o", "jsonpath={.data.ca\\.crt}"), "base64").toString().trim();
  const addressOf = async (namespace: string) => (await kubectl("-n", namespace, "get", "pods", "-l", "app=bookstore", "--field-selector=status.phase=Running", "-o", "jsonpath={.items[0].status.podIP}")).trim();
  const buys = async (store: typeof osm) => {
    const bought = async () => (await countersOf(cluster, "bookbuyer", `${store.prefix}bookbuyer`)).counters["booksBoughtV1"] ?? 0;
    const before = await bought();
    await eventually(async () => expect(await bought()).toBeGreaterThan(before + 2), soon);
  };

  /** A node of our own goes with all that is on it; the definitions stay on a user's, with what is of their kinds. */
  const cleared = async () => {
    if (!env["OSM_TEST_KUBECONFIG"]) return;
    for (const { mesh, controlPlane } of both) await osmSays(`uninstall mesh -f --delete-namespace --mesh-name ${mesh} --osm-namespace ${controlPlane}`);
    await kubectl("delete", "namespace", "--ignore-not-found", "backbone", ...both.flatMap(namespacesOf));
  };

  beforeAll(async () => {
    cluster = await openRealCluster(env);
    expect(await osmSays("install --timeout 240s --set", small, ...cluster.imageValues)).toMatchObject({ code: 0 });
    const [, installed] = await Promise.all([
      openBookstore(cluster, osm),
      osmSays("install --mesh-name blue --osm-namespace blue-system --enable-egress --timeout 240s --set", small, ...cluster.imageValues),
    ]);
    expect(installed).toMatchObject({ code: 0, said: "OSM installed successfully in namespace [blue-system] with mesh name [blue]\n" });
    await openBookstore(cluster, blue);
  }, hangs);
  afterEach(async ({ task }) => {
    if (task.result?.state === "fail") console.log(`what was seen is in ${await keepWhatWasSeen(cluster, task.name)}`);
  });
  afterAll(async () => {
    await cleared();
    await cluster[Symbol.asyncDispose]();
  });

  test("each has its own bookstore, in which the customer buys and the thief does not", async () => {
    await Promise.all(both.map(buys));
    for (const { prefix } of both) expect((await countersOf(cluster, "bookthief", `${prefix}bookthief`)).counters["booksStolen"]).toBe(0);
  });

  test("each has a root of its own, and gives it to its own namespaces alone", async () => {
    expect(await rootOf(osm)).not.toBe(await rootOf(blue));
    for (const [store, other] of [[osm, blue], [blue, osm]] as const) {
      for (const namespace of namespacesOf(store)) {
        expect((await kubectl("-n", namespace, "get", "configmap", `osm-trust-${store.mesh}`, "-o", "jsonpath={.data.ca\\.crt}")).trim()).toBe(await rootOf(store));
        expect(await kubectl("-n", namespace, "get", "configmap", `osm-trust-${other.mesh}`, "--ignore-not-found", "-o", "name")).toBe("");
      }
    }
  });

  describe("a client of one is refused by the other's bookstore", () => {
    test.each(["by the Service's name", "by the pod's address"])("%s", async (how) => {
      const url = how.includes("name") ? shopUrl(osm) : `http://${await addressOf("bookstore")}:14001/buy-a-book/new`;
      expect(await callFrom(cluster, stranger, { url })).toMatch(refused);
    });

    test.each([14_001, 15_003])("with a certificate by its own root, whatever name is in it, at port %d", async (port) => {
      const host = await addressOf("bookstore");
      for (const namespace of ["bookbuyer", "blue-bookbuyer"]) {
        const forged = await forge(cluster, blue.controlPlane, { namespace, serviceAccount: "bookbuyer" });
        expect(await callWith(forged, cluster, { from: stranger, host, port })).toMatch(refused);
      }
    });

    test("and it is the root that decides: the same name by the bookstore's own root is let in", async () => {
      const [customer, thief] = [await forge(cluster, osm.controlPlane, { namespace: "bookbuyer", serviceAccount: "bookbuyer" }), await forge(cluster, osm.controlPlane, { namespace: "blue-bookbuyer", serviceAccount: "bookbuyer" })];
      const there = { from: stranger, host: await addressOf("bookstore"), port: 14_001 };
      expect(await callWith(customer, cluster, there)).toBe("200");
      expect(await callWith(thief, cluster, there)).toBe("403");
    });
  });

  test("a TrafficTarget that names accounts of the other mesh grants nothing, and says so", async () => {
    const account = (namespace: string, name: string) => ({ kind: "ServiceAccount", name, namespace });
    const spec = { destination: account("blue-bookstore", "bookstore"), sources: [account("bookbuyer", "bookbuyer")], rules: [{ kind: "HTTPRouteGroup", name: "bookstore-service-routes" }] };
    await cluster.apply({ apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: "astray", namespace: "blue-bookstore" }, spec });
    const told = await eventually(async () => {
      const events = await kubectl("-n", "blue-bookstore", "get", "events", "--field-selector=involvedObject.name=astray", "-o", 'jsonpath={range .items[*]}{.type} {.message}{.note}{"\\n"}{end}');
      expect(events).not.toBe("");
      return events;
    }, soon);
    expect(told).toMatch(/^Warning .*namespace bookbuyer, which is not in this mesh/m);
    // Not even with a certificate of the mesh that the account is of.
    const customer = await forge(cluster, osm.controlPlane, { namespace: "bookbuyer", serviceAccount: "bookbuyer" });
    expect(await callWith(customer, cluster, { from: stranger, host: await addressOf("blue-bookstore"), port: 14_001 })).toMatch(refused);
    expect(await callFrom(cluster, { namespace: "bookbuyer", workload: "deploy/bookbuyer", container: "bookbuyer" }, { url: shopUrl(blue) })).toMatch(refused);
  });

  test("a namespace is in one of them", async () => {
    const ended = await osmSays("namespace add bookstore --mesh-name blue");
    expect(ended).toMatchObject({ code: 1, warned: expect.stringContaining("namespace bookstore is in mesh osm, and can be in one only: osm namespace remove bookstore --mesh-name osm first") });
    expect((await osmSays("namespace list --mesh-name blue")).said.match(/^\S*book\w+/gm)?.toSorted()).toEqual(namespacesOf(blue).toSorted());
    expect((await osmSays("mesh list")).said).toMatch(/^blue +blue-system .*\n(.*\n)*osm +osm-system /m);
  });

  describe("moved to one NATS and one Redis that are neither's", () => {
    let shared: SharedBackbone;

    test("one by osm and the other, which osm installed, by Helm: no request fails", async () => {
      shared = await openSharedBackbone(cluster, both);
      expect(await failedDuring(cluster, both.map(buyerOf), async () => {
        const [ended] = await Promise.all([
          osmSays(`mesh upgrade --timeout 240s --set ${shared.values}`),
          cluster.helm("-n", blue.controlPlane, "upgrade", blue.mesh, chart, "--reuse-values", "--set", shared.values, "--wait", "--timeout", "240s"),
        ]);
        expect(ended).toMatchObject({ code: 0, said: "OSM successfully upgraded mesh [osm] in namespace [osm-system]\n" });
      })).toEqual([{}, {}]);
      for (const { controlPlane } of both) expect((await kubectl("-n", controlPlane, "get", "pods", "-o", "jsonpath={.items[*].metadata.labels.app}")).match(/osm-(nats|redis)/)).toBeNull();
    }, hangs);

    // The servers are asked at addresses that only our own node lets us reach.
    test.skipIf(env["OSM_TEST_KUBECONFIG"])("neither reads or writes what is the other's", async () => {
      for (const [mine, theirs] of [[osm, blue], [blue, osm]] as const) {
        const [own, other] = [meshName(mine.mesh), meshName(theirs.mesh)];
        await shared.withCredentials({ mesh: mine, service: "compiler", at: "bus" }, async (folder) => {
          await using bus = await openBus(`${shared.natsUrl}?credentials=${folder}`, { mesh: own, ...quiet() });
          expect(await bus.last(subjectsOf(own).sync("Pod"))).toBeDefined();
          await expect(bus.last(subjectsOf(other).sync("Pod"))).rejects.toMatchObject({ code: "Refused" });
          await expect(bus.publish(subjectsOf(other).member("compiler", "forged"), Buffer.from("1"))).rejects.toMatchObject({ code: "Refused" });
        });
        await shared.withCredentials({ mesh: mine, service: "compiler", at: "store" }, async (folder) => {
          const url = `${shared.redisUrl}?credentials=${folder}`;
          await using store = await openStore(url, { prefix: blobPrefix(own), ...quiet() });
          const digests = await store.put([Buffer.from(own)]);
          expect(await store.get(digests)).toEqual([new Uint8Array(Buffer.from(own))]);
          await using stolen = await openStore(url, { prefix: blobPrefix(other), ...quiet() });
          await expect(stolen.get(digests)).rejects.toThrow(StoreUnavailable);
          await expect(stolen.put([Buffer.from("x")])).rejects.toThrow(StoreUnavailable);
        });
      }
    });

    test("each goes on with its own policies", async () => {
      await kubectl("-n", "blue-bookstore", "delete", "traffictarget", "bookstore");
      const refusals = async () => (await countersOf(cluster, "bookbuyer", "blue-bookbuyer")).counters["refused"] ?? 0;
      const before = await refusals();
      await eventually(async () => expect(await refusals()).toBeGreaterThan(before), soon);
      await buys(osm);
      await openBookstore(cluster, blue);
      await buys(blue);
    });
  });

  test("one goes while both carry load: no request of the other fails, and nothing of it is touched", async () => {
    const objects = () => objectsOfMesh(cluster, { mesh: osm.mesh, namespaces: [osm.controlPlane, ...namespacesOf(osm)] });
    const before = await objects();
    const [failed] = await failedDuring(cluster, [buyerOf(osm), buyerOf(blue)], async () => {
      expect(await osmSays("uninstall mesh -f -a --delete-namespace --mesh-name blue --osm-namespace blue-system")).toMatchObject({ code: 0, warned: expect.stringContaining("the definitions stay, for other meshes need them: osm") });
    });
    expect(failed).toEqual({});
    expect(before.length).toBeGreaterThan(80);
    expect(await objects()).toEqual(before);
    expect(await kubectl("get", "namespace", "blue-system", "--ignore-not-found")).toBe("");
  }, hangs);

  test("pods of the one that is left are created, get their sidecars, and serve", async () => {
    await kubectl("-n", "bookstore", "scale", "deployment/bookstore-v1", "--replicas=2");
    await kubectl("-n", "bookbuyer", "rollout", "restart", "deployment/bookbuyer");
    await kubectl("-n", "bookstore", "rollout", "status", "deployment/bookstore-v1", "--timeout=120s");
    await kubectl("-n", "bookbuyer", "rollout", "status", "deployment/bookbuyer", "--timeout=120s");
    await buys(osm);
    const first = await kubectl("-n", "bookstore", "get", "pods", "-o", 'jsonpath={range .items[*]}{.spec.containers[0].name}{"\\n"}{end}');
    expect(first.trim().split("\n")).toEqual(["envoy", "envoy"]);
  });
});
