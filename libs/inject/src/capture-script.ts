import type { CaptureSettings } from "./capture-settings.ts";
import { iptablesRules, podAddressRule, type IpFamily } from "./iptables.ts";
import { helperIn } from "./lifecycle.ts";
import { programsDir } from "./sidecar-parts.ts";

/**
 * What osm-init runs. The rules of IPv6 are laid wherever the kernel takes them, link-local addresses included: left alone those
 * would lead past every policy. Where it does not, a pod without IPv6 starts in silence, one with a link-local address alone
 * loses it, and one that is called by IPv6 does not start. The shell's own words and the named programs are all that the
 * image has to hold.
 */
export function captureScript(capture: CaptureSettings, needsHelper: boolean): string {
  const pods = capture.localProxyMode === "PodIP" ? [podAddresses, toPodAddress(capture, "ipv4")] : [];
  return [
    "set -e",
    ...(needsHelper ? [`helper=$(command -v busybox) || { echo "osm-init: the image has no busybox, which the proxy needs" >&2; exit 1; }`, `"$helper" cp "$helper" ${helperIn(programsDir)}`] : []),
    restore("ipv4", iptablesRules(capture)),
    ...pods,
    ...ipv6(capture),
    "",
  ].join("\n");
}

const programs: Readonly<Record<IpFamily, string>> = { ipv4: "iptables-restore", ipv6: "ip6tables-restore" };

function restore(family: IpFamily, document: string): string {
  return `${programs[family]} --noflush <<'EOF'\n${document}EOF`;
}

/** The first of each family, as the kubelet lists them. */
const podAddresses = `ipv4= ipv6=
IFS=,
for address in $POD_IPS; do case "$address" in *:*) ipv6=\${ipv6:-$address} ;; *) ipv4=\${ipv4:-$address} ;; esac; done
unset IFS`;

function toPodAddress(capture: CaptureSettings, family: IpFamily): string {
  return `if [ -n "$${family}" ]; then\n${programs[family]} --noflush <<EOF\n${podAddressRule(capture, family, `$${family}`)}EOF\nfi`;
}

/** Words of a failure are kept back until it is known whether it matters. */
function ipv6(capture: CaptureSettings): readonly string[] {
  return [
    "lay_ipv6() {",
    restore("ipv6", iptablesRules(capture, "ipv6")),
    "}",
    scopeOfIpv6,
    "if words=$(lay_ipv6 2>&1); then",
    capture.localProxyMode === "PodIP" ? toPodAddress(capture, "ipv6") : ":",
    "else",
    withoutRules,
    "fi",
  ];
}

/** A line for each IPv6 address of the pod: in its fourth place the scope, 20 for link-local, and its interface last. */
const scopeOfIpv6 = `ipv6_scope() {
scope=none
[ -r /proc/net/if_inet6 ] || return 0
while read -r _ _ _ reach _ interface; do
case "$reach $interface" in *" lo") ;; "20 "*) [ $scope = global ] || scope=link ;; *) scope=global ;; esac
done </proc/net/if_inet6
}
ipv6_scope`;

/** A link-local address serves nobody in a pod that is called by IPv4. Its loss needs no more rights than rules do. */
const withoutRules = `if [ $scope = link ]; then
ip=$(command -v ip) || ip="busybox ip"
while read -r _ _ _ _ _ interface; do [ "$interface" = lo ] || $ip -6 address flush dev "$interface" scope link >/dev/null 2>&1 || :; done </proc/net/if_inet6
ipv6_scope
[ $scope != none ] || echo "osm-init: without rules for IPv6 the pod keeps no IPv6 address"
fi
if [ $scope != none ]; then
echo "osm-init: the pod has IPv6 addresses, and the rules that lead IPv6 through its proxy cannot be laid: $words" >&2
echo "osm-init: load the kernel module ip6table_nat (or nft_chain_nat) on the node, or switch IPv6 off in the pod (sysctl net.ipv6.conf.all.disable_ipv6=1)" >&2
exit 1
fi`;
