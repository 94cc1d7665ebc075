import { injectionSettings, webhookPaths } from "@osm/inject";
import { createMeshCluster, startInjector } from "@osm/injector";
import type { ClusterEvent } from "@osm/kube";
import { silentLog, type Log } from "@osm/runtime";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "./https-call.ts";
import { recordedLog } from "./recorded-log.ts";
import { issueServing, mountSecret, type Issued } from "./serving-secret.ts";

const installed = injectionSettings.parse({
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds", port: 15128, serverName: "osm-xds" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
});
const source = "test";
const namespace = (name: string, labels: object = {}): ClusterEvent => ({ kind: "object", source, object: { apiVersion: "v1", kind: "Namespace", metadata: { name, labels } } });
const config = (of: string, spec: object, mesh = "osm"): ClusterEvent => ({
  kind: "object", source, object: { apiVersion: "config.openservicemesh.io/v1alpha2", kind: "MeshConfig", metadata: { name: "osm-mesh-config", namespace: of, labels: { "app.kubernetes.io/instance": mesh } }, spec },
});
const gone = (kind: string, of: string, name: string): ClusterEvent => ({ kind: "gone", head: { group: "", version: "v1", kind, namespace: of, name } });
const listed: ClusterEvent = { kind: "listed", kinds: ["Namespace", "MeshConfig"] };
const alias = { "osm-injection": "enabled" };

/** A cluster that says what a test tells it to, and has been heard once `say` resolves. */
function told(log: Log = silentLog) {
  const events: ClusterEvent[] = [];
  let asked = Promise.withResolvers<void>();
  let more = Promise.withResolvers<void>();
  const cluster = {
    watch: async function* () {
      for (;;) {
        for (let event = events.shift(); event; event = events.shift()) yield event;
        asked.resolve();
        await more.promise;
        more = Promise.withResolvers();
      }
    },
    [Symbol.asyncDispose]: async () => {},
  };
  const mesh = createMeshCluster({ cluster, installed: () => installed, claimsAlias: false, log });
  let wasListed = 0;
  void mesh.run(new AbortController().signal, () => (wasListed += 1));
  const say = async (...said: readonly ClusterEvent[]): Promise<void> => {
    events.push(...said);
    asked = Promise.withResolvers();
    more.resolve();
    await asked.promise;
  };
  return { mesh, say, listed: () => wasListed };
}

describe("what an injector knows of a cluster", () => {
  test("is nothing until all is listed, and then follows what changes", async () => {
    const { mesh, say, listed: times } = told();
    await say(namespace("shop"), { kind: "listed", kinds: ["Namespace"] });
    expect(mesh.lookup("shop")).toBeUndefined();
    await say({ kind: "listed", kinds: ["MeshConfig"] });
    expect(mesh.lookup("shop")).toMatchObject({ namespace: { name: "shop", labels: {} }, settings: installed, alias: "ours" });
    await say(namespace("shop", alias), namespace("bank"));
    expect(mesh.lookup("shop")?.namespace.labels).toEqual(alias);
    await say(gone("Namespace", "", "bank"));
    expect(mesh.lookup("bank")).toBeUndefined();
    expect(times()).toBe(1);
  });

  test("takes its own MeshConfig, keeps the last good one, and falls back when it is gone", async () => {
    const log = recordedLog();
    const { mesh, say } = told(log);
    const level = () => mesh.lookup("shop")?.settings.logLevel;
    await say(namespace("shop"), config("osm-system", { sidecar: { logLevel: "debug" } }), listed);
    expect(level()).toBe("debug");
    await say(config("osm-system", { sidecar: { logLevel: "loud" } }));
    expect(level()).toBe("debug");
    expect(log.lines.find(({ level: at }) => at === "warn")?.fields).toEqual({ field: "spec.sidecar.logLevel" });
    await say(gone("MeshConfig", "osm-system", "osm-mesh-config"));
    expect(level()).toBe("error");
  });

  test("counts the other meshes by their MeshConfigs", async () => {
    const { mesh, say } = told();
    await say(namespace("shop", alias), config("blue-system", {}, "blue"), listed);
    expect(mesh.lookup("shop")?.alias).toBe("ours");
    await say(config("other-system", {}, "osm"));
    expect(mesh.lookup("shop")?.alias).toMatchObject({ refused: expect.stringContaining("blue, osm") });
    await say(gone("MeshConfig", "other-system", "osm-mesh-config"));
    expect(mesh.lookup("shop")?.alias).toBe("ours");
  });
});

describe("a pod that is reviewed before its namespace's labels were seen", () => {
  const tlsDir = mkdtempSync(join(tmpdir(), "osm-injector-wait-"));
  afterAll(() => rmSync(tlsDir, { recursive: true }));
  let issued: Issued;
  beforeAll(async () => {
    issued = await issueServing();
    mountSecret(tlsDir, issued.files);
  });
  const review = (of: string): string => JSON.stringify({
    apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview",
    request: { uid: "u", resource: { group: "", version: "v1", resource: "pods" }, operation: "CREATE", namespace: of, object: { metadata: {}, spec: { containers: [{ name: "app" }] } } },
  });
  const response = (body: string): unknown => {
    const parsed: unknown = JSON.parse(body);
    return parsed;
  };

  test.each([
    ["alias", "shop", namespace("shop", alias)],
    ["member", "shop", namespace("shop", { "openservicemesh.io/monitored-by": "osm", ...alias })],
    ["alias", "made-later", namespace("made-later", alias)],
  ] as const)("waits for them: %s, %s", async (entry, name, seen) => {
    const { mesh, say } = told();
    await say(namespace("shop"), listed);
    // The review has come, and waits, once it asks to be told of changes.
    const waits = Promise.withResolvers<void>();
    const changed: typeof mesh.changed = (signal) => {
      waits.resolve();
      return mesh.changed(signal);
    };
    await using injector = await startInjector({ lookup: mesh.lookup, changed, port: 0, host: "127.0.0.1", tlsDir, log: silentLog, signal: new AbortController().signal });
    const answer = call({ port: injector.port, ca: issued.ca, path: webhookPaths[entry], body: review(name) });
    await waits.promise;
    await say(namespace("unrelated"), seen);
    expect(response((await answer).body)).toMatchObject({ response: { allowed: true, patchType: "JSONPatch" } });
  });

  test("is refused for now where they are not seen in time, and never let through", async () => {
    const { mesh, say } = told();
    await say(namespace("shop"), listed);
    // No change ever comes.
    await using injector = await startInjector({ lookup: mesh.lookup, port: 0, host: "127.0.0.1", tlsDir, log: silentLog, signal: new AbortController().signal });
    const { body } = await call({ port: injector.port, ca: issued.ca, path: webhookPaths.alias, body: review("shop") });
    expect(response(body)).toMatchObject({ response: { allowed: false, status: { code: 503, message: expect.stringContaining("labels of namespace shop") } } });
  });
});
