import type { CaptureSettings } from "./capture-settings.ts";
import { sidecarPorts } from "./ports.ts";

const chain = {
  inbound: "OSM_PROXY_INBOUND",
  inRedirect: "OSM_PROXY_IN_REDIRECT",
  outbound: "OSM_PROXY_OUTBOUND",
  outRedirect: "OSM_PROXY_OUT_REDIRECT",
} as const;

/** multiport takes no more in one rule (iptables-extensions, multiport). */
const portsPerRule = 15;

export type IpFamily = "ipv4" | "ipv6";

const loopback: Readonly<Record<IpFamily, string>> = { ipv4: "127.0.0.1/32", ipv6: "::1/128" };

/**
 * One document for `iptables-restore --noflush`, or for `ip6tables-restore`: the nat rules, in OSM's chains and order, that lead
 * a pod's TCP connections through its proxy. The same settings give the same text.
 */
export function iptablesRules(settings: CaptureSettings, family: IpFamily = "ipv4"): string {
  const rules = [...redirects(), ...inbound(settings), ...outbound(settings, family)];
  return ["*nat", ...Object.values(chain).map((name) => `:${name} - [0:0]`), ...rules, "COMMIT", ""].join("\n");
}

/**
 * The proxy's calls to its app lead to the pod's address, in a document of its own: of which families a pod is shows when its
 * rules are laid, so `podIp` may be a shell's variable. The admin port is spared: it is bound to 127.0.0.1 alone, and the
 * metrics listener reaches it there.
 */
export function podAddressRule({ proxyTraffic }: CaptureSettings, family: IpFamily, podIp: string): string {
  const appCalls = `-p tcp -o lo -d ${loopback[family]} ! --dport ${sidecarPorts.admin} ${ownedBy(proxyTraffic)}`;
  return ["*nat", `-I OUTPUT ${appCalls} -j DNAT --to-destination ${podIp}`, "COMMIT", ""].join("\n");
}

function redirects(): readonly string[] {
  return [
    `-A ${chain.inRedirect} -p tcp -j REDIRECT --to-ports ${sidecarPorts.inbound}`,
    `-A ${chain.outRedirect} -p tcp -j REDIRECT --to-ports ${sidecarPorts.outbound}`,
    `-A PREROUTING -p tcp -j ${chain.inbound}`,
    `-A OUTPUT -p tcp -j ${chain.outbound}`,
  ];
}

function inbound({ inboundPortExclusions, networkInterfaceExclusions }: CaptureSettings): readonly string[] {
  const { metrics, liveness, readiness, startup, tcpProbe } = sidecarPorts;
  return [
    ...excludedPorts(chain.inbound, inboundPortExclusions),
    ...networkInterfaceExclusions.map((name) => `-A ${chain.inbound} -i ${name} -j RETURN`),
    ...[metrics, liveness, readiness, startup, tcpProbe].map((port) => `-A ${chain.inbound} -p tcp --dport ${port} -j RETURN`),
    `-A ${chain.inbound} -p tcp -j ${chain.inRedirect}`,
  ];
}

function outbound(settings: CaptureSettings, family: IpFamily): readonly string[] {
  const { proxyTraffic, networkInterfaceExclusions, outboundIpRangeExclusions, outboundPortExclusions } = settings;
  return [
    // The proxy calls its own pod by address: in again through the inbound listener, so that policy holds.
    `-A ${chain.outbound} -o lo ! -d ${loopback[family]} ${ownedBy(proxyTraffic)} -j ${chain.inRedirect}`,
    `-A ${chain.outbound} -o lo ${notOwnedBy(proxyTraffic)} -j RETURN`,
    `-A ${chain.outbound} ${ownedBy(proxyTraffic)} -j RETURN`,
    `-A ${chain.outbound} -d ${loopback[family]} -j RETURN`,
    ...networkInterfaceExclusions.map((name) => `-A ${chain.outbound} -o ${name} -j RETURN`),
    ...ofFamily(outboundIpRangeExclusions, family).map((range) => `-A ${chain.outbound} -d ${range} -j RETURN`),
    ...excludedPorts(chain.outbound, outboundPortExclusions),
    ...captured(settings, family),
  ];
}

/** Where ranges of one family alone are included, nothing of the other is. */
function captured({ outboundIpRangeInclusions: ranges }: CaptureSettings, family: IpFamily): readonly string[] {
  if (ranges.length === 0) return [`-A ${chain.outbound} -j ${chain.outRedirect}`];
  return [...ofFamily(ranges, family).map((range) => `-A ${chain.outbound} -d ${range} -j ${chain.outRedirect}`), `-A ${chain.outbound} -j RETURN`];
}

function ofFamily(ranges: readonly string[], family: IpFamily): readonly string[] {
  return ranges.filter((range) => range.includes(":") === (family === "ipv6"));
}

function excludedPorts(name: string, ports: readonly number[]): readonly string[] {
  const groups = Array.from({ length: Math.ceil(ports.length / portsPerRule) }, (_, at) => ports.slice(at * portsPerRule, (at + 1) * portsPerRule));
  return groups.map((group) => `-A ${name} -p tcp -m multiport --dports ${group.join(",")} -j RETURN`);
}

function ownedBy(traffic: CaptureSettings["proxyTraffic"]): string {
  switch (traffic.kind) {
    case "uid":
      return `-m owner --uid-owner ${traffic.uid}`;
    case "mark":
      return `-m mark --mark ${hex(traffic.mark)}`;
  }
}

function notOwnedBy(traffic: CaptureSettings["proxyTraffic"]): string {
  switch (traffic.kind) {
    case "uid":
      return `-m owner ! --uid-owner ${traffic.uid}`;
    case "mark":
      return `-m mark ! --mark ${hex(traffic.mark)}`;
  }
}

function hex(mark: number): string {
  return `0x${mark.toString(16)}`;
}
