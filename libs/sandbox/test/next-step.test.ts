import { expect, test } from "vitest";
import { nextStep } from "../src/folder/next-step.ts";
import { workload } from "./fixtures/workload.ts";

const member = (revision: string) => ({ revision });
const wanted = (revision: string, replicas: number) => ({ ...workload, revision, replicas });
const failedRevision = undefined;

test("starts one pod at a time until there are enough", () => {
  const order = wanted("a", 2);
  expect(nextStep({ wanted: order, members: [], failedRevision })).toEqual({ kind: "start", workload: order });
  expect(nextStep({ wanted: order, members: [member("a")], failedRevision })).toEqual({ kind: "start", workload: order });
  expect(nextStep({ wanted: order, members: [member("a"), member("a")], failedRevision })).toEqual({ kind: "rest" });
});

test("stops pods of an older template only once all new ones are ready", () => {
  const old = [member("a"), member("a")];
  expect(nextStep({ wanted: wanted("b", 2), members: [...old, member("b")], failedRevision }).kind).toBe("start");
  const step = nextStep({ wanted: wanted("b", 2), members: [...old, member("b"), member("b")], failedRevision });
  expect(step).toEqual({ kind: "stop", members: old });
});

test("stops the newest of too many", () => {
  const [first, second, third] = [member("a"), member("a"), member("a")];
  const step = nextStep({ wanted: wanted("a", 1), members: [first, second, third], failedRevision });
  expect(step.kind === "stop" && step.members[0] === second && step.members[1] === third && step.members.length).toBe(2);
});

test("keeps old pods when the new template fails, and does not try it again", () => {
  expect(nextStep({ wanted: wanted("b", 1), members: [member("a")], failedRevision: "b" })).toEqual({ kind: "rest" });
  expect(nextStep({ wanted: wanted("a", 1), members: [member("a")], failedRevision: "b" })).toEqual({ kind: "rest" });
});

test("stops all of a Deployment that is gone or scaled to nothing", () => {
  const members = [member("a"), member("b")];
  expect(nextStep({ wanted: undefined, members, failedRevision })).toEqual({ kind: "stop", members });
  expect(nextStep({ wanted: wanted("b", 0), members, failedRevision })).toEqual({ kind: "stop", members });
  expect(nextStep({ wanted: undefined, members: [], failedRevision })).toEqual({ kind: "rest" });
});
