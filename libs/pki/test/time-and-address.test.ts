import { isIPv6, SocketAddress } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressBytes, addressText } from "../src/address.ts";
import { timeOf, timeText } from "../src/civil-time.ts";
import { refusalOf } from "./pki.ts";

describe("a certificate's time", () => {
  test("is the calendar's, in every second until the year 9999", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799 }), (at) => {
        const expected = new Date(at * 1000).toISOString().replaceAll(/[-:T]|\.000/g, "");
        expect(timeText(at)).toBe(expected);
        expect(timeOf(expected)).toBe(at);
      }),
    );
  });
  test.each(["20270229000000Z", "20271301000000Z", "20270001000000Z", "20270101240000Z", "20270101000000", "00000101000000Z"])("is not %s", (text) => {
    expect(refusalOf(() => timeOf(text))).toBe("Unreadable");
  });
  test.each([-1, 253_402_300_800, Number.NaN, Number.POSITIVE_INFINITY])("cannot say %d", (at) => {
    expect(refusalOf(() => timeText(at))).toBe("Unreadable");
  });
});

describe("an address", () => {
  test.each(["::", "::1", "fd00::", "1:2:3:4:5:6:7:8", "1::8", "2001:db8::ff:0:1"])("%s has the octets that the system gives it", (address) => {
    const written = addressText(addressBytes(address));
    expect(isIPv6(written)).toBe(true);
    expect(new SocketAddress({ address: written, family: "ipv6" }).address).toBe(new SocketAddress({ address, family: "ipv6" }).address);
  });
  test("of IPv4 is four octets", () => {
    expect([...addressBytes("10.0.255.1")]).toEqual([10, 0, 255, 1]);
  });
  test.each(["", "1.2.3", "1.2.3.256", "1::2::3", "::ffff:1.2.3.4", "fe80::1%eth0", "example.com"])("is not %j", (text) => {
    expect(refusalOf(() => addressBytes(text))).toBe("NameRefused");
  });
});
