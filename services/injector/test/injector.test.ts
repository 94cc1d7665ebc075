import { mkdtempSync, rmSync } from "node:fs";
import { Agent } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { injectionSettings } from "@osm/inject";
import { startInjector, type MeshLookup } from "@osm/injector";
import { createMetrics, silentLog } from "@osm/runtime";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { call } from "./https-call.ts";
import { recordedLog } from "./recorded-log.ts";
import { issueServing, mountSecret, type Issued } from "./serving-secret.ts";

const settings = injectionSettings.parse({
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds.osm-system.svc", port: 15128, serverName: "osm-xds.osm-system.svc" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
});
const lookup: MeshLookup = (name) => {
  if (name === "later") return undefined;
  return { namespace: { name, labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": name === "shop" ? "enabled" : "disabled" } }, settings };
};
const podsCreated = { uid: "u-1", resource: { group: "", version: "v1", resource: "pods" }, operation: "CREATE", namespace: "shop", object: { metadata: {}, spec: { containers: [{ name: "app" }] } } };
const review = (changes: object = {}): string => JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", request: { ...podsCreated, ...changes } });
const responseShape = z.object({
  apiVersion: z.literal("admission.k8s.io/v1"),
  kind: z.literal("AdmissionReview"),
  response: z.looseObject({ uid: z.string(), allowed: z.boolean(), patch: z.string().optional() }),
});
const responseIn = (body: string) => responseShape.parse(JSON.parse(body)).response;

const home = mkdtempSync(join(tmpdir(), "osm-injector-"));
afterAll(() => rmSync(home, { recursive: true }));
let issued: Issued;
beforeAll(async () => {
  issued = await issueServing();
});

async function withInjector(body: (port: number) => Promise<void>, options: Partial<Parameters<typeof startInjector>[0]> = {}): Promise<void> {
  const tlsDir = mkdtempSync(join(home, "tls-"));
  mountSecret(tlsDir, issued.files);
  await using injector = await startInjector({ port: 0, host: "127.0.0.1", tlsDir, lookup, log: silentLog, signal: new AbortController().signal, ...options });
  await body(injector.port);
}

describe("a review over HTTPS", () => {
  test("gives a new pod its sidecar", async () => {
    await withInjector(async (port) => {
      const { status, body } = await call({ port, ca: issued.ca, body: review() });
      expect(status).toBe(200);
      const { uid, allowed, patchType, patch = "" } = responseIn(body);
      expect({ uid, allowed, patchType }).toEqual({ uid: "u-1", allowed: true, patchType: "JSONPatch" });
      const operations: unknown = JSON.parse(Buffer.from(patch, "base64").toString());
      expect(operations).toContainEqual(expect.objectContaining({ op: "add", path: "/spec/containers/0", value: expect.objectContaining({ name: "envoy" }) }));
    });
  });

  test.each([
    ["lets a pod be whose namespace does not ask", { namespace: "plain" }, { allowed: true }],
    ["lets alone what is no pod", { resource: { group: "apps", version: "v1", resource: "deployments" }, namespace: "later" }, { allowed: true }],
    ["lets alone a pod that is there already", { operation: "UPDATE", namespace: "later" }, { allowed: true }],
    ["lets alone a part of a pod", { subResource: "binding", namespace: "later" }, { allowed: true }],
    ["denies a namespace that is not known yet", { namespace: "later" }, { allowed: false, status: expect.objectContaining({ code: 503, message: expect.stringContaining("namespace later") }) }],
    [
      "denies a pod whose switch cannot be read, in words",
      { object: { metadata: { annotations: { "openservicemesh.io/sidecar-injection": "maybe" } }, spec: { containers: [{ name: "app" }] } } },
      { allowed: false, status: expect.objectContaining({ code: 403, message: expect.stringContaining("cannot read openservicemesh.io/sidecar-injection") }) },
    ],
    ["denies what should be a pod and is none", { object: null }, { allowed: false, status: expect.objectContaining({ code: 403 }) }],
  ])("%s", async (_what, changes, expected) => {
    await withInjector(async (port) => {
      const { status, body } = await call({ port, ca: issued.ca, body: review(changes) });
      expect(status).toBe(200);
      expect(responseIn(body)).toEqual({ uid: "u-1", ...expected });
    });
  });

  test("is answered whatever it holds, by both webhooks, and the next pod gets its sidecar", async () => {
    const anything = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constantFrom(null, "", -1, {}, [], "__proto__", "\u0000", "x".repeat(100_000)));
    const path = fc.constantFrom("/mutate-pod-creation", "/validate");
    const body = fc.oneof(
      fc.jsonValue().map((value) => JSON.stringify(value)),
      fc.dictionary(fc.constantFrom(...Object.keys(podsCreated), "oldObject", "options", "kind", "userInfo", "dryRun", "name"), anything).map((changes) => review(changes)),
      fc.uint8Array({ maxLength: 200 }),
    );
    await withInjector(async (port) => {
      const agent = new Agent({ keepAlive: true });
      await fc.assert(fc.asyncProperty(path, body, async (to, sent) => {
        expect([200, 400]).toContain((await call({ port, ca: issued.ca, agent, path: to, body: sent })).status);
      }), { numRuns: 500 });
      agent.destroy();
      expect(responseIn((await call({ port, ca: issued.ca, body: review() })).body)).toMatchObject({ allowed: true, patchType: "JSONPatch" });
    });
  });

  test("counts what became of the pods", async () => {
    const metrics = createMetrics();
    await withInjector(
      async (port) => {
        for (const namespace of ["shop", "plain", "shop", "later"]) await call({ port, ca: issued.ca, body: review({ namespace }) });
      },
      { metrics },
    );
    expect(metrics.text()).toContain('osm_injector_reviews_total{result="injected"} 2');
    expect(metrics.text()).toContain('osm_injector_reviews_total{result="unknown-namespace"} 1');
    expect(metrics.text()).toContain('osm_admission_webhook_response_total{kind="pod",success="true"} 3');
    expect(metrics.text()).toContain('osm_admission_webhook_response_total{kind="pod",success="false"} 1');
  });
});

describe("what is no review gets the status that says so", () => {
  const json = { "content-type": "application/json" };
  test.each([
    ["another content type", { headers: { "content-type": "text/yaml" }, body: review() }, 415],
    ["no content type", { headers: {}, body: review() }, 415],
    ["an empty body", { headers: json, body: "" }, 400],
    ["a body that is no JSON", { headers: json, body: "{" }, 400],
    ["a body that is no UTF-8", { headers: json, body: new Uint8Array([0x22, 0xff, 0x22]) }, 400],
    ["a review of another version", { headers: json, body: review().replace("admission.k8s.io/v1", "admission.k8s.io/v1beta1") }, 400],
    ["a review without a uid", { headers: json, body: review({ uid: "" }) }, 400],
    ["a body that says it is too large", { headers: { ...json, "content-length": String(10 * 1024 * 1024 + 1) }, body: "" }, 413],
    ["another method", { method: "GET" }, 405],
    ["another path", { path: "/", body: review() }, 404],
  ])("%s", async (_what, request, status) => {
    await withInjector(async (port) => {
      expect((await call({ port, ca: issued.ca, ...request })).status).toBe(status);
    });
  });

  test("a body that turns out too large, and the next request is answered", async () => {
    await withInjector(async (port) => {
      const large = Buffer.alloc(10 * 1024 * 1024 + 1, " ");
      expect((await call({ port, ca: issued.ca, headers: { ...json, "transfer-encoding": "chunked" }, body: large })).status).toBe(413);
      expect((await call({ port, ca: issued.ca, body: review() })).status).toBe(200);
    });
  });
  test("but a charset in the content type, and the timeout that API servers append, are fine", async () => {
    await withInjector(async (port) => {
      const request = { path: "/mutate-pod-creation?timeout=10s", headers: { "content-type": "Application/JSON; charset=utf-8" } };
      expect((await call({ port, ca: issued.ca, ...request, body: review() })).status).toBe(200);
    });
  });
});

describe("the serving certificate", () => {
  test("is replaced while the injector runs, and half a change keeps the one that works", async () => {
    const tlsDir = mkdtempSync(join(home, "tls-"));
    const put = mountSecret(tlsDir, issued.files);
    const log = recordedLog();
    await withInjector(
      async (port) => {
        const next = await issueServing();
        put({ ...next.files, "tls.crt": issued.files["tls.crt"] ?? "" });
        await log.said("serving certificate unreadable");
        expect((await call({ port, ca: issued.ca, body: review() })).status).toBe(200);

        put(next.files);
        await log.said("serving certificate replaced");
        expect((await call({ port, ca: next.ca, body: review() })).status).toBe(200);
        await expect(call({ port, ca: issued.ca, body: review() })).rejects.toThrow();
      },
      { tlsDir, log },
    );
  });

  test("must be there at the start", async () => {
    await expect(withInjector(() => Promise.resolve(), { tlsDir: mkdtempSync(join(home, "none-")) })).rejects.toThrow("tls.crt");
  });
});

describe("the end", () => {
  test("comes although an API server keeps a connection open", async () => {
    const agent = new Agent({ keepAlive: true });
    await withInjector(async (port) => {
      expect((await call({ port, ca: issued.ca, agent, body: review() })).status).toBe(200);
    });
    agent.destroy();
  });
  test("an abort ends following, and the injector answers on until it is disposed", async () => {
    const stop = new AbortController();
    const tlsDir = mkdtempSync(join(home, "tls-"));
    mountSecret(tlsDir, issued.files);
    await using injector = await startInjector({ port: 0, host: "127.0.0.1", tlsDir, lookup, log: silentLog, signal: stop.signal });
    stop.abort(new DOMException("stopping", "AbortError"));
    await injector.done;
    expect((await call({ port: injector.port, ca: issued.ca, body: review() })).status).toBe(200);
  });
});
