import { runTool, type Life } from "./commands.ts";
import { reapNetns } from "./reaper.ts";
import { ipv6Beside, type Subnet } from "./subnet.ts";

/** The wire between the pods of one sandbox and this machine. */
export interface Network {
  /** The machine's own address on it: where pods reach a server on the host. */
  readonly hostAddress: string;
  /** Another one of the machine's: servers of one kind may listen at the same port of each. */
  readonly otherHostAddress: string;
  /** Makes a network namespace of this name with the address, and that of IPv6 if there is one, on `eth0`. */
  addPod(netns: string, address: string, ip6?: string): Promise<void>;
  /** Kills all that runs in the namespace, and removes it and its address. Also where `addPod` failed half way. */
  removePod(netns: string, address: string): Promise<void>;
}

/** Every namespace of a sandbox starts with it. */
export function netnsName(id: string, pod: string): string {
  return `osm-${id}-${pod}`;
}

/**
 * A bridge for a sandbox's pods. It stands in a namespace of its own, where no firewall of this machine (a container engine's,
 * say) filters what pods say to each other; one link, `osm<id>`, leads from there to the machine, which forwards nothing.
 */
export async function openNetwork(id: string, subnet: Subnet, life: Life): Promise<Network> {
  const hub = netnsName(id, "hub");
  const link = `osm${id}`;
  const [hostAddress, otherHostAddress] = [`${subnet}.1`, `${subnet}.254`];
  await runTool(["ip", "netns", "add", hub], life);
  await batch([`link add ${link} type veth peer name host netns ${hub}`, `addr add ${hostAddress}/24 dev ${link}`, `addr add ${otherHostAddress}/24 dev ${link}`, `link set ${link} up`], life);
  await batchIn(hub, ["link add bridge type bridge", "link set host master bridge up", "link set bridge up", "link set lo up"], life);

  return {
    hostAddress,
    otherHostAddress,
    addPod: async (netns, address, ip6) => {
      const port = portOf(address);
      await runTool(["ip", "netns", "add", netns], life);
      await batchIn(hub, [`link add ${port} type veth peer name eth0 netns ${netns}`, `link set ${port} master bridge up`], life);
      // Nobody else has the address, and to find that out would take a second in which it cannot be used.
      const six = ip6 === undefined ? [] : [`addr add ${ip6}/64 dev eth0 nodad`, `route add default via ${ipv6Beside(hostAddress)}`];
      await batchIn(netns, ["link set lo up", `addr add ${address}/24 dev eth0`, "link set eth0 up", `route add default via ${hostAddress}`, ...six], life);
    },
    removePod: (netns, address) => reapNetns({ netns, hub, port: portOf(address) }, life),
  };
}

/** The bridge's port towards a pod. */
function portOf(address: string): string {
  return `p${address.split(".")[3] ?? ""}`;
}

async function batch(lines: readonly string[], life: Life): Promise<void> {
  await runTool(["ip", "-batch", "-"], life, `${lines.join("\n")}\n`);
}

async function batchIn(netns: string, lines: readonly string[], life: Life): Promise<void> {
  await runTool(["ip", "-n", netns, "-batch", "-"], life, `${lines.join("\n")}\n`);
}
