/** A /24 by its first three bytes: "10.201.7". Its .1 and its .254 are the host. */
export type Subnet = string & { readonly subnet: true };

const lastPod = 253;
const firstPod = 2;

/** The address of IPv6 that goes with one of IPv4, in a network of its own. No group is zero, so that it is written as everywhere. */
export function ipv6Beside(address: string): string {
  const [a = 0, b = 0, c = 0, host = 0] = address.split(".").map(Number);
  return `fd00:${[a * 256 + b, c + 1].map((group) => group.toString(16)).join(":")}::${host.toString(16)}`;
}

/** @throws TypeError unless it reads `a.b.c.0/24`. */
export function parseSubnet(cidr: string): Subnet {
  const [address = "", bits] = cidr.split("/");
  const bytes = address.split(".").map(Number);
  const valid = bytes.length === 4 && bytes.every((byte) => Number.isInteger(byte) && byte >= 0 && byte < 256) && bytes[3] === 0;
  if (!valid || bits !== "24") throw new TypeError(`not a network of the form 10.0.0.0/24: ${cidr}`);
  return bytes.slice(0, 3).join(".") as Subnet;
}

/** The networks a sandbox picks from: apart from Kubernetes' usual service range 10.96.0.0/12 and pod range 10.244.0.0/16. */
export const subnetPool: readonly Subnet[] = Array.from({ length: 256 }, (_, n) => parseSubnet(`10.201.${n}.0/24`));

/** True when a route of the machine, other than its default route, covers part of the subnet. @param table text of /proc/net/route */
export function isRouted(subnet: Subnet, table: string): boolean {
  const [a = 0, b = 0, c = 0] = subnet.split(".").map(Number);
  const network = ((a << 24) | (b << 16) | (c << 8)) >>> 0;
  return routesOf(table).some(({ destination, mask }) => {
    const common = (mask & 0xffffff00) >>> 0;
    return mask !== 0 && ((destination & common) >>> 0) === ((network & common) >>> 0);
  });
}

interface Route {
  readonly destination: number;
  readonly mask: number;
}

function routesOf(table: string): readonly Route[] {
  const lines = table.trim().split("\n").slice(1);
  return lines.map((line) => {
    const [, destination = "0", , , , , , mask = "0"] = line.split("\t");
    return { destination: littleEndian(destination), mask: littleEndian(mask) };
  });
}

function littleEndian(hex: string): number {
  return Buffer.from(hex.trim().padStart(8, "0"), "hex").readUInt32LE();
}

export interface Addresses {
  /** @throws RangeError when none is left. */
  take(): string;
  giveBack(address: string): void;
}

/** Gives out pod addresses in turn, so that one just given back is used last. */
export function createAddresses(subnet: Subnet): Addresses {
  const taken = new Set<string>();
  let next = firstPod;
  const advance = () => {
    const address = `${subnet}.${next}`;
    next = next === lastPod ? firstPod : next + 1;
    return address;
  };
  return {
    take: () => {
      for (let tried = firstPod; tried <= lastPod; tried++) {
        const address = advance();
        if (taken.has(address)) continue;
        taken.add(address);
        return address;
      }
      throw new RangeError(`no address is left in ${subnet}.0/24`);
    },
    giveBack: (address) => void taken.delete(address),
  };
}
