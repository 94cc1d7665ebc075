import { expect, test } from "vitest";
import { takeUser } from "../src/take-user.ts";
import { userIdsOf } from "../src/user-ids.ts";

const machine = "         0          0 4294967295\n";

test.each([
  { map: machine, ids: "many" },
  { map: "0 1001 1\n1 100000 65535\n", ids: "many" },
  { map: "1 100000 65535\n0 1001 1\n", ids: "many" },
  { map: "0 1001 1\n", ids: "one" },
  { map: "0 1001 1\n1 100000 1000\n", ids: "one" },
  { map: "0 1001 1\n2 100000 65536\n", ids: "one" },
  { map: "", ids: "one" },
])("of the map $map $ids can be had", ({ map, ids }) => {
  expect(userIdsOf([map, machine])).toBe(ids);
  expect(userIdsOf([machine, map])).toBe(ids);
});

test("among one id, only who poses as the sidecar without its mark leaves the pod's network", () => {
  const networkOf = (user: number, marks: boolean) => takeUser("one", { user, marks }).network;
  expect([networkOf(1500, false), networkOf(1500, true), networkOf(1000, false), networkOf(0, false)]).toEqual(["machine", "pod", "pod", "pod"]);
  expect(takeUser("many", { user: 1500, marks: false }).network).toBe("pod");
});
