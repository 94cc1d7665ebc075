import { aliasClaim, decideInjection, parsePod, type Claimants, type Decision, type Pod } from "@osm/inject";
import { describe, expect, test } from "vitest";

const switchKey = "openservicemesh.io/sidecar-injection";

function podWith(annotations: Record<string, string>, spec: object = {}): Pod {
  const parsed = parsePod({ metadata: { annotations }, spec: { containers: [{ name: "app" }], ...spec } });
  if (parsed.kind === "unreadable") throw new Error(parsed.field);
  return parsed.pod;
}

interface Asked {
  readonly namespace?: Record<string, string>;
  readonly labels?: Record<string, string>;
  readonly name?: string;
  readonly pod?: Pod;
  readonly mesh?: string;
  readonly claim?: Partial<Claimants>;
}

function decide({ namespace = {}, labels = { "openservicemesh.io/monitored-by": "blue" }, name = "shop", pod = podWith({}), mesh = "blue", claim = {} }: Asked): Decision {
  return decideInjection({ pod, namespace: { name, labels, annotations: namespace }, mesh, meshNamespace: "osm-system", alias: aliasClaim({ mesh, claimsAlias: false, others: [], ...claim }) });
}

function outcome(decision: Decision): string {
  return decision.kind === "skip" ? decision.reason : decision.kind;
}

const asSwitch = (text: string | undefined): Record<string, string> => (text === undefined ? {} : { [switchKey]: text });

describe("the switches of namespace and pod", () => {
  test.each([
    ["enabled", undefined, "inject"],
    ["enabled", "disabled", "pod-opted-out"],
    ["enabled", "enabled", "inject"],
    ["disabled", "enabled", "inject"],
    [undefined, "enabled", "inject"],
    ["disabled", undefined, "not-asked-for"],
    [undefined, undefined, "not-asked-for"],
    ["disabled", "disabled", "pod-opted-out"],
    ["YES", undefined, "inject"],
    ["True", "No", "pod-opted-out"],
    ["false", "yes", "inject"],
    ["maybe", "enabled", "refuse"],
    ["enabled", "", "refuse"],
  ])("namespace %s, pod %s: %s", (ofNamespace, ofPod, expected) => {
    expect(outcome(decide({ namespace: asSwitch(ofNamespace), pod: podWith(asSwitch(ofPod)) }))).toBe(expected);
  });
});

describe("what is never injected, whatever the switches say", () => {
  const eager = { namespace: asSwitch("enabled"), pod: podWith(asSwitch("enabled")) };
  const monitored = { "openservicemesh.io/monitored-by": "blue" };

  test.each([
    ["a pod on the host network", { pod: podWith(asSwitch("enabled"), { hostNetwork: true }) }, "host-network"],
    ["kube-system", { name: "kube-system" }, "system-namespace"],
    ["kube-public", { name: "kube-public" }, "system-namespace"],
    ["the control plane's namespace", { name: "osm-system" }, "mesh-namespace"],
    ["an ignored namespace", { labels: { ...monitored, "openservicemesh.io/ignore": "true" } }, "ignored-namespace"],
    ["a namespace of another mesh", { labels: { "openservicemesh.io/monitored-by": "green", "osm-injection": "enabled" } }, "other-namespace"],
    ["a namespace of no mesh", { labels: {} }, "other-namespace"],
    ["a switch that cannot be read, where none is asked", { labels: {}, namespace: asSwitch("maybe") }, "other-namespace"],
  ])("%s", (_what, asked, expected) => {
    expect(outcome(decide({ ...eager, ...asked }))).toBe(expected);
  });
});

describe("the alias label of the guides", () => {
  const labels = { "osm-injection": "enabled" };
  test("is membership and switch for the mesh of the default name", () => {
    expect(outcome(decide({ labels, mesh: "osm" }))).toBe("inject");
  });
  test.each([
    ["the only mesh, installed as that", "blue", { claimsAlias: true }, "inject"],
    ["the only mesh, installed beside others that went", "blue", {}, "refuse"],
    ["the mesh of the default name beside others", "osm", { others: ["blue", "green"] }, "inject"],
    ["another mesh beside that of the default name", "blue", { claimsAlias: true, others: ["osm"] }, "other-namespace"],
    ["one of two meshes of other names", "blue", { claimsAlias: true, others: ["green"] }, "refuse"],
    ["one of two meshes of the default name", "osm", { others: ["osm"] }, "refuse"],
  ])("asked of %s: %s, %o", (...[, mesh, claim, expected]) => {
    expect(outcome(decide({ labels, mesh, claim }))).toBe(expected);
  });
  test("that is refused names the namespace, the meshes and the way out", () => {
    const decision = decide({ labels, mesh: "blue", claim: { others: ["green"] } });
    expect(decision).toEqual({ kind: "refuse", message: expect.stringMatching(/namespace shop.*openservicemesh\.io\/monitored-by=<mesh>.*blue, green/) });
  });
  test("gives way to the annotation", () => {
    expect(outcome(decide({ labels, mesh: "osm", namespace: asSwitch("disabled") }))).toBe("not-asked-for");
  });
});

describe("scraping", () => {
  test.each([
    [{}, false],
    [{ "openservicemesh.io/metrics": "enabled" }, true],
    [{ "openservicemesh.io/metrics": "no" }, false],
    [{ "prometheus.io/scrape": "true" }, true],
    [{ "prometheus.io/scrape": "true", "openservicemesh.io/metrics": "disabled" }, false],
  ])("%o: %s", (annotations, scrape) => {
    expect(decide({ namespace: { ...asSwitch("enabled"), ...annotations } })).toEqual({ kind: "inject", scrape });
  });
  test("a switch that cannot be read refuses the pod, and names itself", () => {
    const decision = decide({ namespace: { ...asSwitch("enabled"), "openservicemesh.io/metrics": "on" } });
    expect(decision).toEqual({ kind: "refuse", message: expect.stringContaining("namespace shop: cannot read openservicemesh.io/metrics") });
  });
});
