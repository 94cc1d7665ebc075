import { decideInjection, parsePod, type Decision, type Pod } from "@osm/inject";
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
}

function decide({ namespace = {}, labels = { "openservicemesh.io/monitored-by": "blue" }, name = "shop", pod = podWith({}), mesh = "blue" }: Asked): Decision {
  return decideInjection({ pod, namespace: { name, labels, annotations: namespace }, mesh, meshNamespace: "osm-system" });
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
  test("is no membership for another mesh", () => {
    expect(outcome(decide({ labels, mesh: "blue" }))).toBe("other-namespace");
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
