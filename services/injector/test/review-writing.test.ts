import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { injectionSettings, webhookPaths, type AliasClaim } from "@osm/inject";
import { startInjector } from "@osm/injector";
import { silentLog } from "@osm/runtime";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "./https-call.ts";
import { issueServing, mountSecret, type Issued } from "./serving-secret.ts";

const xds = { host: "osm-xds", port: 15128, serverName: "osm-xds" };
const settings = injectionSettings.parse({ mesh: "blue", meshNamespace: "blue-system", xds, envoyImage: "envoy", initImage: "init" });
const alias = { "osm-injection": "enabled" };
const account = (namespace: string) => ({ kind: "ServiceAccount", name: "web", namespace });
const astray = { apiVersion: "access.smi-spec.io/v1alpha3", kind: "TrafficTarget", metadata: { name: "it", namespace: "shop" }, spec: { destination: account("elsewhere"), sources: [account("shop")], rules: [{ kind: "TCPRoute", name: "any" }] } };
const review = JSON.stringify({
  apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview",
  request: { uid: "u", resource: { group: "access.smi-spec.io", version: "v1alpha3", resource: "traffictargets" }, operation: "CREATE", namespace: "shop", object: astray },
});

describe("a policy that OSM refused", () => {
  const tlsDir = mkdtempSync(join(tmpdir(), "osm-injector-writing-"));
  afterAll(() => rmSync(tlsDir, { recursive: true }));
  let issued: Issued;
  beforeAll(async () => {
    issued = await issueServing();
    mountSecret(tlsDir, issued.files);
  });

  test.each<{ readonly what: string; readonly labels: Readonly<Record<string, string>>; readonly claim: AliasClaim; readonly allowed: boolean }>([
    { what: "is refused in a member of the mesh", labels: { "openservicemesh.io/monitored-by": "blue" }, claim: "other", allowed: false },
    { what: "is refused where the alias means the mesh", labels: alias, claim: "ours", allowed: false },
    { what: "is left to the other mesh where the alias means that", labels: alias, claim: "other", allowed: true },
    { what: "is refused where nobody knows which mesh the alias means", labels: alias, claim: { refused: "two claim it" }, allowed: false },
  ])("$what", async ({ labels, claim, allowed }) => {
    const lookup = () => ({ namespace: { name: "shop", labels, annotations: {} }, settings, alias: claim });
    await using injector = await startInjector({ lookup, port: 0, host: "127.0.0.1", tlsDir, log: silentLog, signal: new AbortController().signal });
    const { body } = await call({ port: injector.port, ca: issued.ca, path: webhookPaths.validate, body: review });
    const answer: unknown = JSON.parse(body);
    expect(answer).toMatchObject({ response: { allowed } });
  });
});
