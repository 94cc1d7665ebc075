import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { claimSubnet, deadClaims } from "../src/claim.ts";
import { processName } from "../src/proc.ts";
import { parseSubnet } from "../src/subnet.ts";

// Documentation addresses (RFC 5737): no machine routes them.
const pool = [parseSubnet("198.51.100.0/24"), parseSubnet("203.0.113.0/24")];

let state = "";
beforeEach(() => void (state = mkdtempSync(join(tmpdir(), "claims-"))));
afterEach(() => rmSync(state, { recursive: true }));

test("a subnet is held by one sandbox at a time", () => {
  const taken = ["aaaaaaaa", "bbbbbbbb"].map((id) => claimSubnet(state, { id, dir: "/d" }, pool));
  expect(taken.map(({ subnet }) => subnet)).toEqual(["198.51.100", "203.0.113"]);
  expect(() => claimSubnet(state, { id: "cccccccc", dir: "/d" }, pool)).toThrow("in use");
  expect(readdirSync(state)).toEqual(["198.51.100", "203.0.113"]);

  for (const { claim } of taken) expect(existsSync(claim.file)).toBe(true);
  rmSync(taken[0]?.claim.file ?? "");
  expect(claimSubnet(state, { id: "dddddddd", dir: "/d" }, pool).subnet).toBe("198.51.100");
});

test("a claim is dead when its process is another one, though of the same id", () => {
  const { claim } = claimSubnet(state, { id: "aaaaaaaa", dir: "/d" }, pool);
  expect(claim).toMatchObject({ id: "aaaaaaaa", dir: "/d", owner: processName(process.pid) });
  expect(deadClaims(state)).toEqual([]);
  const owner = claim.owner.replace(/\/\d+$/, "/1");
  writeFileSync(claim.file, `${owner}\n/d\n`);
  expect(deadClaims(state)).toEqual([{ ...claim, owner }]);
});
