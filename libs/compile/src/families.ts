/** The family of an address alone, or of `<ip> <port>`. */
export type IpFamily = "ipv4" | "ipv6";

export function isIpv6(address: string): boolean {
  return address.includes(":");
}
