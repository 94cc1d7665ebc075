import type { IpFamily } from "../families.ts";

/** A socket address, as an initialiser of envoy.config.core.v3.Address. */
export function socketAddress(address: string, port: number) {
  return { address: { case: "socketAddress", value: { address, portSpecifier: { case: "portValue", value: port } } } } as const;
}

/** Where a sidecar listens for a family. One of IPv6 takes no IPv4 besides, so that both stand beside each other. */
export function anyAddress(family: IpFamily, port: number) {
  switch (family) {
    case "ipv4":
      return socketAddress("0.0.0.0", port);
    case "ipv6":
      return socketAddress("::", port);
  }
}

/** Of `<ip> <port>`. */
export function socketAddressOf(address: string) {
  const [ip = "", port = ""] = address.split(" ");
  return socketAddress(ip, Number(port));
}

export function seconds(count: number) {
  return { seconds: BigInt(count) };
}
