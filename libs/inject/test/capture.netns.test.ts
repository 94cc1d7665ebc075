import { spawnSync } from "node:child_process";
import { captureSettings, iptablesRules, type CaptureInput, type IpFamily } from "@osm/inject";
import { needs, programPath } from "@osm/testkit";
import { expect, test } from "vitest";

// A document goes into the nat table of a network namespace that lives as long as the command.
function inNamespace(input: CaptureInput, script: string, family: IpFamily = "ipv4") {
  return spawnSync("unshare", ["--net", "sh", "-c", script], { input: iptablesRules(captureSettings(input), family), encoding: "utf8" });
}

const everything: CaptureInput = {
  inboundPortExclusions: Array.from({ length: 20 }, (_, at) => 9000 + at),
  outboundPortExclusions: [22, 5432],
  outboundIpRangeExclusions: ["192.168.0.0/16", "fd00:1::/32"],
  outboundIpRangeInclusions: ["10.0.0.0/8", "fd00::/8"],
  networkInterfaceExclusions: ["eth1", "cni+"],
  localProxyMode: "PodIP",
};

needs("root", "netns", "iptables", "ip", "busybox")("the kernel takes the capture rules", () => {
  const restore = `${programPath("iptables")}-restore --noflush`;

  test.each([
    ["by uid", {}],
    ["by mark", { proxyTraffic: { kind: "mark", mark: 0x5dc } }],
    ["with everything set", everything],
    ["by mark, with everything set", { ...everything, proxyTraffic: { kind: "mark", mark: 0xffff_ffff } }],
  ] satisfies [string, CaptureInput][])("%s", (_what, input) => {
    const { status, stderr } = inNamespace(input, `${restore} --test`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test.each([["plain", {}], ["with everything set", everything]] satisfies [string, CaptureInput][])("for IPv6, %s", (_what, input) => {
    const { status, stderr } = inNamespace(input, "ip6tables-restore --noflush --test", "ipv6");
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  });

  test("and leaves what others wrote into the table", () => {
    const { stdout } = inNamespace({}, `iptables -t nat -A POSTROUTING -p tcp --dport 7 -j ACCEPT && ${restore} && iptables -t nat -S`);
    expect(stdout).toContain("-A POSTROUTING -p tcp -m tcp --dport 7 -j ACCEPT");
    expect(stdout).toContain("-A OUTPUT -p tcp -j OSM_PROXY_OUTBOUND");
  });

  test("and a second pass leaves every chain as it was", () => {
    const { stdout } = inNamespace(everything, `document=$(cat); for pass in 1 2; do echo "$document" | ${restore} && iptables -t nat -S OSM_PROXY_OUTBOUND && echo --; done`);
    const [first, second] = stdout.split("--\n");
    expect(first).toContain("OSM_PROXY_OUT_REDIRECT");
    expect(second).toBe(first);
  });

  /** Two lines to somebody else, a call by each in each direction, and how many of them were led to the proxy. */
  const byEachInterface = [
    "set -e", "ip link set lo up", "unshare --net sleep 60 & far=$!", "trap 'kill $far' EXIT",
    'until [ "$(readlink /proc/$far/ns/net)" != "$(readlink /proc/self/ns/net)" ]; do sleep 0.05; done',
    "for n in 0 1; do",
    "ip link add eth$n type veth peer name far$n; ip link set far$n netns $far; ip address add 10.7.$n.1/24 dev eth$n; ip link set eth$n up",
    "nsenter -t $far -n ip address add 10.7.$n.2/24 dev far$n; nsenter -t $far -n ip link set far$n up",
    "done",
    restore,
    `for n in 0 1; do ${programPath("busybox")} nc -w 3 10.7.$n.2 80 </dev/null || :; nsenter -t $far -n ${programPath("busybox")} nc -w 3 10.7.$n.1 80 </dev/null || :; done 2>/dev/null`,
    "for chain in OUT IN; do iptables -t nat -nvxL OSM_PROXY_${chain}_REDIRECT | awk -v chain=$chain '/REDIRECT/ && $3 == \"REDIRECT\" { print chain, $1 }'; done",
  ].join("\n");

  test.each([[[], "OUT 2\nIN 2\n"], [["eth1"], "OUT 1\nIN 1\n"], [["eth+"], "OUT 0\nIN 0\n"]])("and leads packets of the interfaces %j past the proxy, in and out", (networkInterfaceExclusions, led) => {
    const { stdout, stderr } = inNamespace({ networkInterfaceExclusions }, byEachInterface);
    expect({ stdout, stderr }).toEqual({ stdout: led, stderr: "" });
  });
});
