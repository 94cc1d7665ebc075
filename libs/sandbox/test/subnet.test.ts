import { describe, expect, test } from "vitest";
import { createAddresses, ipv6Beside, isRouted, parseSubnet } from "../src/subnet.ts";

const table = [
  "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
  "eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0",
  "vpn0\t0000C90A\t00000000\t0001\t0\t0\t0\t00F0FFFF\t0\t0\t0",
  "host\t0514C90A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
].join("\n");

describe("subnets", () => {
  test.each([["10.201.0.2", "fd00:ac9:1::2"], ["10.201.255.253", "fd00:ac9:100::fd"]])("%s has %s beside it, in its shortest form", (four, six) => {
    expect(ipv6Beside(four)).toBe(six);
    expect(new URL(`http://[${six}]`).hostname).toBe(`[${six}]`);
  });

  test.each([
    ["10.201.15.0/24", true, "inside 10.201.0.0/20"],
    ["10.201.16.0/24", false, "just above it"],
    ["10.201.20.0/24", true, "around a route to one host"],
    ["10.77.0.0/24", false, "reached by the default route alone"],
  ])("%s is routed: %s, %s", (cidr, routed) => {
    expect(isRouted(parseSubnet(cidr), table)).toBe(routed);
  });

  test.each(["10.0.0.0/16", "10.0.0.1/24", "10.0.0/24", "10.0.256.0/24", "fd00::/64"])("%s is refused", (cidr) => {
    expect(() => parseSubnet(cidr)).toThrow(TypeError);
  });

  test("give each address once, and one that came back last", () => {
    const addresses = createAddresses(parseSubnet("10.9.8.0/24"));
    const all = Array.from({ length: 252 }, () => addresses.take());
    expect([all[0], all[251], new Set(all).size]).toEqual(["10.9.8.2", "10.9.8.253", 252]);
    expect(() => addresses.take()).toThrow(RangeError);
    addresses.giveBack("10.9.8.5");
    addresses.giveBack("10.9.8.4");
    expect([addresses.take(), addresses.take()]).toEqual(["10.9.8.4", "10.9.8.5"]);
  });
});
