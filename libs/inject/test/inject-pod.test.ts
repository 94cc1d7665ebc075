import { admitPod, injectionSettings } from "@osm/inject";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { applyPatch } from "./apply-patch.ts";

const settings = injectionSettings.parse({
  mesh: "osm",
  meshNamespace: "osm-system",
  xds: { host: "osm-xds.osm-system.svc", port: 15128, serverName: "osm-xds.osm-system.svc" },
  envoyImage: "example.com/envoy:1.40.0",
  initImage: "example.com/osm-init:2.0.0",
});
const namespace = { name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } };
const admit = (spec: object, annotations?: Record<string, string>) => admitPod({ object: { metadata: { annotations }, spec: { containers: [{ name: "app" }], ...spec } }, namespace, settings });
const names = z.array(z.object({ name: z.string() })).transform((items) => items.map(({ name }) => name));
const shape = z.object({ spec: z.object({ containers: names, initContainers: names, volumes: names }) });

describe("where the parts of a sidecar stand", () => {
  test("the proxy first, the capture rules after the pod's own init containers", () => {
    const pod = { metadata: {}, spec: { containers: [{ name: "app" }, { name: "logs" }], initContainers: [{ name: "migrate" }], volumes: [{ name: "data" }] } };
    const admission = admitPod({ object: pod, namespace, settings });
    const patched = shape.parse(applyPatch(pod, admission.kind === "injected" ? admission.patch : []));
    expect(patched.spec).toEqual({ containers: ["envoy", "app", "logs"], initContainers: ["migrate", "osm-init"], volumes: ["data", "osm-trust", "osm-token", "osm-bin"] });
  });
  test("a pod is patched alike each time", () => {
    expect(JSON.stringify(admit({}))).toBe(JSON.stringify(admit({})));
  });
  test("null lists, as Kubernetes may write them, are empty ones", () => {
    expect(admit({ initContainers: null, volumes: null, nodeSelector: null })).toEqual(admit({}));
  });
});

describe("a pod is refused", () => {
  test.each([
    ["when it is for Windows", { nodeSelector: { "kubernetes.io/os": "windows" } }, "Windows"],
    ["when it says that its system is Windows", { os: { name: "windows" } }, "Windows"],
    ["when a container has the sidecar's uid", { containers: [{ name: "app", securityContext: { runAsUser: 1500 } }] }, "container app runs as uid 1500"],
    ["when an init container that stays has it", { initContainers: [{ name: "log", restartPolicy: "Always", securityContext: { runAsUser: 1500 } }] }, "container log"],
    ["when a volume has the name of ours", { volumes: [{ name: "osm-trust" }] }, "osm-trust"],
    ["when it cannot be read", { containers: [] }, "pod: cannot read spec.containers"],
    ["when a container has a name that Kubernetes refuses", { containers: [{ name: "__proto__" }] }, "pod: cannot read spec.containers.0.name"],
    ["when an account could not be one", { serviceAccountName: "$(HOME)" }, "pod: cannot read spec.serviceAccountName"],
  ])("%s", (_what, spec, words) => {
    expect(admit(spec)).toEqual({ kind: "refused", message: expect.stringContaining(words) });
  });
  test("but not for the sidecar's uid in an init container that ends, or for another uid than the pod's", () => {
    expect(admit({ initContainers: [{ name: "migrate", securityContext: { runAsUser: 1500 } }] }).kind).toBe("injected");
    expect(admit({ securityContext: { runAsUser: 1500 }, containers: [{ name: "app", securityContext: { runAsUser: 1000 } }] }).kind).toBe("injected");
  });
  test("when its lists are longer than a rule set should be", () => {
    const ports = Array.from({ length: 1001 }, (_, at) => at + 1).join(",");
    expect(admit({}, { "openservicemesh.io/inbound-port-exclusion-list": ports }).kind).toBe("refused");
  });
});
