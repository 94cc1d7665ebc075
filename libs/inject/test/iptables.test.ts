import { captureSettings, iptablesRules, podAddressRule, type CaptureInput, type IpFamily } from "@osm/inject";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const lines = (input: CaptureInput, part: string): readonly string[] => iptablesRules(captureSettings(input)).split("\n").filter((line) => line.includes(part));

describe("the capture rules", () => {
  test("with nothing excluded are OSM's chains in OSM's order", () => {
    expect(iptablesRules(captureSettings())).toMatchInlineSnapshot(`
      "*nat
      :OSM_PROXY_INBOUND - [0:0]
      :OSM_PROXY_IN_REDIRECT - [0:0]
      :OSM_PROXY_OUTBOUND - [0:0]
      :OSM_PROXY_OUT_REDIRECT - [0:0]
      -A OSM_PROXY_IN_REDIRECT -p tcp -j REDIRECT --to-ports 15003
      -A OSM_PROXY_OUT_REDIRECT -p tcp -j REDIRECT --to-ports 15001
      -A PREROUTING -p tcp -j OSM_PROXY_INBOUND
      -A OUTPUT -p tcp -j OSM_PROXY_OUTBOUND
      -A OSM_PROXY_INBOUND -p tcp --dport 15010 -j RETURN
      -A OSM_PROXY_INBOUND -p tcp --dport 15901 -j RETURN
      -A OSM_PROXY_INBOUND -p tcp --dport 15902 -j RETURN
      -A OSM_PROXY_INBOUND -p tcp --dport 15903 -j RETURN
      -A OSM_PROXY_INBOUND -p tcp --dport 15904 -j RETURN
      -A OSM_PROXY_INBOUND -p tcp -j OSM_PROXY_IN_REDIRECT
      -A OSM_PROXY_OUTBOUND -o lo ! -d 127.0.0.1/32 -m owner --uid-owner 1500 -j OSM_PROXY_IN_REDIRECT
      -A OSM_PROXY_OUTBOUND -o lo -m owner ! --uid-owner 1500 -j RETURN
      -A OSM_PROXY_OUTBOUND -m owner --uid-owner 1500 -j RETURN
      -A OSM_PROXY_OUTBOUND -d 127.0.0.1/32 -j RETURN
      -A OSM_PROXY_OUTBOUND -j OSM_PROXY_OUT_REDIRECT
      COMMIT
      "
    `);
  });

  test("send only the included ranges, and let the rest go direct", () => {
    expect(lines({ outboundIpRangeInclusions: ["10.0.0.0/8", "172.16.0.0/12"] }, "-A OSM_PROXY_OUTBOUND").slice(4)).toEqual([
      "-A OSM_PROXY_OUTBOUND -d 10.0.0.0/8 -j OSM_PROXY_OUT_REDIRECT",
      "-A OSM_PROXY_OUTBOUND -d 172.16.0.0/12 -j OSM_PROXY_OUT_REDIRECT",
      "-A OSM_PROXY_OUTBOUND -j RETURN",
    ]);
  });

  test("exclude before they redirect: interface, then range, then port", () => {
    const input: CaptureInput = { networkInterfaceExclusions: ["eth1"], outboundIpRangeExclusions: ["10.96.0.1/32"], outboundPortExclusions: [5432, 443], inboundPortExclusions: [6379] };
    expect(lines(input, "-A OSM_PROXY_OUTBOUND").slice(4)).toEqual([
      "-A OSM_PROXY_OUTBOUND -o eth1 -j RETURN",
      "-A OSM_PROXY_OUTBOUND -d 10.96.0.1/32 -j RETURN",
      "-A OSM_PROXY_OUTBOUND -p tcp -m multiport --dports 443,5432 -j RETURN",
      "-A OSM_PROXY_OUTBOUND -j OSM_PROXY_OUT_REDIRECT",
    ]);
    expect(lines(input, "-A OSM_PROXY_INBOUND").slice(0, 2)).toEqual([
      "-A OSM_PROXY_INBOUND -p tcp -m multiport --dports 6379 -j RETURN",
      "-A OSM_PROXY_INBOUND -i eth1 -j RETURN",
    ]);
  });

  test("put no more ports into a rule than multiport takes", () => {
    const ports = Array.from({ length: 31 }, (_, at) => 2000 + at);
    const rules = lines({ outboundPortExclusions: ports }, "multiport");
    expect(rules.map((rule) => rule.split(",").length)).toEqual([15, 15, 1]);
  });

  test("lead calls to localhost to the pod's address where the mesh says so, but not those to the admin port", () => {
    const rule = (family: IpFamily, address: string) => podAddressRule(captureSettings({ localProxyMode: "PodIP" }), family, address).split("\n")[1];
    expect(rule("ipv4", "10.1.2.3")).toBe("-I OUTPUT -p tcp -o lo -d 127.0.0.1/32 ! --dport 15000 -m owner --uid-owner 1500 -j DNAT --to-destination 10.1.2.3");
    expect(rule("ipv6", "fd00::3")).toBe("-I OUTPUT -p tcp -o lo -d ::1/128 ! --dport 15000 -m owner --uid-owner 1500 -j DNAT --to-destination fd00::3");
  });

  test("tell the proxy by mark where a uid cannot be taken", () => {
    const text = iptablesRules(captureSettings({ proxyTraffic: { kind: "mark", mark: 0x5dc } }));
    expect(text).not.toContain("owner");
    expect(text).toContain("-A OSM_PROXY_OUTBOUND -o lo -m mark ! --mark 0x5dc -j RETURN");
  });

  test("hold for IPv6 too, each family with its own ranges", () => {
    const settings = captureSettings({ outboundIpRangeExclusions: ["10.0.0.0/8", "fd00:1::/32"] });
    const text = iptablesRules(settings, "ipv6");
    expect(text).toContain("-A OSM_PROXY_OUTBOUND -o lo ! -d ::1/128 -m owner --uid-owner 1500 -j OSM_PROXY_IN_REDIRECT");
    expect(text).toContain("-A OSM_PROXY_OUTBOUND -d fd00:1::/32 -j RETURN");
    expect(text).not.toMatch(/10\.|127\./);
    expect(iptablesRules(settings)).not.toContain("::");
  });

  test("with inclusions of one family send nothing of the other through the proxy", () => {
    const text = iptablesRules(captureSettings({ outboundIpRangeInclusions: ["10.0.0.0/8"] }), "ipv6");
    expect(text).toContain("-A OSM_PROXY_OUTBOUND -j RETURN");
    expect(text).not.toContain("-A OSM_PROXY_OUTBOUND -j OSM_PROXY_OUT_REDIRECT");
  });

  test("do not depend on the order or the repetition of what is listed", () => {
    const list = fc.array(fc.integer({ min: 1, max: 65_535 }), { maxLength: 40 });
    fc.assert(
      fc.property(list, (ports) => {
        const once = iptablesRules(captureSettings({ inboundPortExclusions: ports, outboundPortExclusions: ports }));
        const again = iptablesRules(captureSettings({ inboundPortExclusions: [...ports].reverse(), outboundPortExclusions: [...ports, ...ports] }));
        expect(again).toBe(once);
      }),
    );
  });
});

describe("what could not stand in a rule is refused", () => {
  const bad: readonly (readonly [string, CaptureInput])[] = [
    ["a port out of range", { inboundPortExclusions: [0] }],
    ["a port that is no integer", { outboundPortExclusions: [80.5] }],
    ["an address without a length", { outboundIpRangeExclusions: ["10.0.0.1"] }],
    ["an IPv6 range too long", { outboundIpRangeInclusions: ["fd00::/129"] }],
    ["a second rule in a range", { outboundIpRangeExclusions: ["10.0.0.0/8\n-A OUTPUT -j ACCEPT"] }],
    ["a second rule in an interface", { networkInterfaceExclusions: ["eth0\n-F"] }],
    ["a shell's words in an interface", { networkInterfaceExclusions: ["$(id)"] }],
    ["an option as an interface", { networkInterfaceExclusions: ["-j"] }],
    ["the uid of root", { proxyTraffic: { kind: "uid", uid: 0 } }],
  ];
  test.each(bad)("%s", (_what, input) => {
    expect(() => captureSettings(input)).toThrow();
  });
});
