import { generateKeyPair } from "@osm/pki";
import fc from "fast-check";
import forge from "node-forge";
import { describe, expect, test } from "vitest";
import { bits, boolean, integer, nothing, octets, oid, sequence, set, tagged, taggedBytes, utf8Text } from "../src/der.ts";
import { oidOf, parseDer, tagOf } from "../src/der-read.ts";
import { proxyKeys, refusalOf } from "./pki.ts";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const read = (text: string) => parseDer(Buffer.from(text, "hex"));

describe("what is written", () => {
  test.each([
    ["NULL", nothing(), "0500"],
    ["TRUE", boolean(true), "0101ff"],
    ["FALSE", boolean(false), "010100"],
    ["an INTEGER", integer(0x7f, 0), "02027f00"],
    ["text", utf8Text("é"), "0c02c3a9"],
    ["unused bits", bits(Uint8Array.of(0x80), 7), "03020780"],
    ["a SET in a SEQUENCE in a tag", tagged(3, sequence(set(nothing()))), "a306300431020500"],
    ["a tag in the place of another", taggedBytes(6, Uint8Array.of(1)), "860101"],
    ["an OBJECT IDENTIFIER with arcs of several octets", oid("1.2.840.113549.1.1.11"), "06092a864886f70d01010b"],
  ])("%s", (_, der, expected) => {
    expect(hex(der)).toBe(expected);
    expect(hex(parseDer(der).der)).toBe(expected);
  });
  test.each([0, 1, 127, 128, 255, 256, 65_535, 65_536])("%i octets, with the shortest length", (length) => {
    const der = octets(Buffer.alloc(length, 7));
    expect(hex(der)).toBe(Buffer.from(forge.asn1.toDer(forge.asn1.create(0, 4, false, "\u0007".repeat(length))).getBytes(), "latin1").toString("hex"));
    expect(parseDer(der).content.length).toBe(length);
  });
});

describe("what is read", () => {
  test("holds what it holds, byte for byte", () => {
    const { children, content } = read("300a0201008602414206012a");
    expect(children?.map(({ der }) => hex(der))).toEqual(["020100", "86024142", "06012a"]);
    expect(hex(content)).toBe("0201008602414206012a");
    expect(children?.map(tagOf)).toEqual([undefined, 6, undefined]);
  });
  test.each([
    ["nothing", ""],
    ["a tag alone", "30"],
    ["less than its length says", "020201"],
    ["more than one value", "05000500"],
    ["a child that is longer than its parent", "3003020201"],
    ["a length that is left open", "30800000"],
    ["a length in more octets than it needs", "04810100"],
    ["a length that begins with zero", `04820080${"00".repeat(128)}`],
    ["a length beyond all memory", "0484ffffffff"],
    ["a length that is cut short", "0482"],
    ["a tag of several octets", "1f1f00"],
    ["an INTEGER of no octets", "0200"],
    ["an INTEGER with a zero too many", "02020001"],
    ["a negative INTEGER with an octet too many", "0202ff80"],
    ["a string in pieces", "2403040100"],
    ["a SEQUENCE of plain bytes", "1000"],
    ["a SET of plain bytes", "1100"],
    ["values within values, seventeen deep", `${Array.from({ length: 16 }, (_, depth) => `30${(2 * (16 - depth)).toString(16).padStart(2, "0")}`).join("")}0500`],
  ])("is not %s", (_, text) => {
    expect(refusalOf(() => read(text))).toBe("Unreadable");
  });
  test("an OBJECT IDENTIFIER passes for itself alone", () => {
    const known = oidOf(parseDer(oid("1.2.840.10045.4.3.2")));
    const padded = read("06092a8648ce3d80040302");
    expect(known).toBe(oidOf(read("06082a8648ce3d040302")));
    expect(oidOf(padded)).not.toBe(known);
    expect(refusalOf(() => oidOf(read("04082a8648ce3d040302")))).toBe("Unreadable");
  });
  test("whatever the bytes are, they are refused, or written so and not otherwise", () => {
    const odd = fc.constantFrom(0, 1, 2, 3, 4, 0x10, 0x30, 0x31, 0x80, 0x81, 0x82, 0xa0, 0xff);
    fc.assert(
      fc.property(fc.array(fc.oneof(odd, fc.nat(255)), { maxLength: 12 }), (octetsOf) => {
        const bytes = Uint8Array.from(octetsOf);
        if (refusalOf(() => parseDer(bytes)) !== "accepted") return;
        const { children, content, der } = parseDer(bytes);
        expect(der).toEqual(bytes);
        if (children) expect(Buffer.concat(children.map((child) => child.der))).toEqual(Buffer.from(content));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("a key that was made here", () => {
  // Of so many, coordinates of some begin with zeros.
  test.each(["P-256", "P-384"] as const)("of %s is written as OpenSSL writes it", async (curve) => {
    for (const { publicKey } of await Promise.all(Array.from({ length: 1000 }, () => generateKeyPair({ kind: "ec", curve })))) {
      expect(hex(publicKey.spki)).toBe(hex(publicKey.handle.export({ type: "spki", format: "der" })));
      expect(publicKey.algorithm).toEqual({ kind: "ec", curve });
    }
  });
  test("is another each time", async () => {
    expect(hex((await generateKeyPair()).publicKey.spki)).not.toBe(hex(proxyKeys.publicKey.spki));
  });
});
