import { asksThrough, mutatingWebhooks, validatingWebhooks, type WebhookSettings } from "@osm/inject";
import { describe, expect, test } from "vitest";
import { z } from "zod";

const settings: WebhookSettings = { mesh: "blue", meshNamespace: "blue-system", version: "2.0.0", claimsAlias: true, place: { kind: "service", name: "osm-injector", port: 9090 }, caBundle: "root one\nroot two\n" };

const expression = z.object({ key: z.string(), operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]), values: z.array(z.string()).default([]) });
const webhook = z.looseObject({ name: z.string(), failurePolicy: z.string(), sideEffects: z.string(), namespaceSelector: z.object({ matchExpressions: z.array(expression) }), clientConfig: z.looseObject({ caBundle: z.string() }) });
const configuration = z.looseObject({ metadata: z.object({ name: z.string() }), webhooks: z.array(webhook) });
const mutating = configuration.parse(mutatingWebhooks(settings));
const validating = configuration.parse(validatingWebhooks(settings));

/** As Kubernetes reads a label selector. */
function selects({ namespaceSelector }: z.output<typeof webhook>, labels: Readonly<Record<string, string>>): boolean {
  return namespaceSelector.matchExpressions.every(({ key, operator, values }) => {
    const value = labels[key];
    switch (operator) {
      case "In":
        return value !== undefined && values.includes(value);
      case "NotIn":
        return value === undefined || !values.includes(value);
      case "Exists":
        return value !== undefined;
      case "DoesNotExist":
        return value === undefined;
    }
  });
}

const named = (name: string, labels: Readonly<Record<string, string>> = {}) => ({ "kubernetes.io/metadata.name": name, ...labels });
const asked = (labels: Readonly<Record<string, string>>) => mutating.webhooks.filter((each) => selects(each, labels)).map(({ name }) => name);
const member = { "openservicemesh.io/monitored-by": "blue" };
const alias = { "osm-injection": "enabled" };

describe("about new pods an API server asks", () => {
  test.each([
    ["for a member", named("shop", member), ["osm-inject.k8s.io"]],
    ["for a member that has the alias too, once", named("shop", { ...member, ...alias }), ["osm-inject.k8s.io"]],
    ["for the alias alone", named("shop", alias), ["osm-inject-alias.k8s.io"]],
    ["not for a member of another mesh with the alias", named("shop", { "openservicemesh.io/monitored-by": "green", ...alias }), []],
    ["not for an alias that says no", named("shop", { "osm-injection": "disabled" }), []],
    ["not for anybody else", named("shop"), []],
    ["not for kube-system, whatever its labels", named("kube-system", { ...member, ...alias }), []],
    ["not for the control plane's own namespace", named("blue-system", member), []],
    ["not for an ignored namespace", named("shop", { ...member, "openservicemesh.io/ignore": "true" }), []],
    ["not for a namespace of another control plane", named("shop", { ...alias, "control-plane": "x" }), []],
  ])("%s", (_what, labels, expected) => {
    expect(asked(labels)).toEqual(expected);
  });

  test("through one entry exactly where the injector holds that it does", () => {
    for (const labels of [member, alias, { ...member, ...alias }, {}, { "openservicemesh.io/monitored-by": "green", ...alias }]) {
      const entries = (["member", "alias"] as const).filter((entry) => asksThrough(entry, labels, "blue"));
      expect(asked(named("shop", labels))).toHaveLength(entries.length);
    }
  });
});

test.each([
  ["osm", ["osm-inject.k8s.io", "osm-inject-alias.k8s.io"]],
  ["blue", ["osm-inject.k8s.io"]],
])("mesh %s, which does not say that it claims the alias, is asked through %j", (mesh, entries) => {
  const own = { ...settings, mesh, claimsAlias: false };
  expect(configuration.parse(mutatingWebhooks(own)).webhooks.map(({ name }) => name)).toEqual(entries);
  expect(configuration.parse(validatingWebhooks(own)).webhooks.map(({ name }) => name).includes("osm-validator-alias.k8s.io")).toBe(entries.length === 2);
});

test("a dead control plane stops no policy from being written", () => {
  expect(validating.webhooks.map(({ failurePolicy }) => failurePolicy)).toEqual(["Ignore", "Ignore", "Ignore"]);
  expect(mutating.webhooks.map(({ failurePolicy }) => failurePolicy)).toEqual(["Fail", "Fail"]);
});

test("policies are judged in the namespaces whose pods are injected, through one entry", () => {
  for (const labels of [member, alias, { ...member, ...alias }, {}, { "openservicemesh.io/monitored-by": "green", ...alias }]) {
    const [policies, ofAlias] = validating.webhooks.filter((each) => selects(each, named("shop", labels)));
    expect([policies, ofAlias].filter((each) => each !== undefined)).toHaveLength(asked(named("shop", labels)).length);
  }
});

test("the control plane's own objects are judged in its own namespace alone", () => {
  const [policies, , own] = validating.webhooks;
  expect(own && selects(own, named("blue-system"))).toBe(true);
  expect(own && selects(own, named("green-system"))).toBe(false);
  expect(policies && selects(policies, named("blue-system", member))).toBe(false);
});

test("every entry carries all roots, may be asked in a dry run, and has a name that no other mesh has", () => {
  for (const { clientConfig, sideEffects } of [...mutating.webhooks, ...validating.webhooks]) expect([atob(clientConfig.caBundle), sideEffects]).toEqual([settings.caBundle, "None"]);
  expect([mutating.metadata.name, validating.metadata.name]).toEqual(["osm-webhook-blue", "osm-validator-mesh-blue"]);
  expect(configuration.parse(mutatingWebhooks({ ...settings, place: { kind: "url", base: "https://10.0.0.1:9090" } })).webhooks[0]?.clientConfig).toMatchObject({ url: "https://10.0.0.1:9090/mutate-pod-creation/member" });
});
