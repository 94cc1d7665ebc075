import { setImmediate as turn } from "node:timers/promises";
import { silentLog } from "@osm/runtime";
import { manualClock } from "@osm/testkit";
import { expect, test } from "vitest";
import { createMemoryBus, joinMembers, type MemoryBus, type Members } from "@osm/bus";

interface Meeting {
  readonly line: MemoryBus;
  readonly members: Members;
  readonly others: Map<string, string>;
  readonly goodbyes: string[];
  end(): Promise<void>;
}

function createMeeting() {
  const clock = manualClock(1_000_000);
  const bus = createMemoryBus({ clock });
  const enter = (name: string, said = "here"): Meeting => {
    const line = bus.connect();
    const ending = new AbortController();
    const others = new Map<string, string>();
    const goodbyes: string[] = [];
    const members = joinMembers({
      bus: line, subject: `member.${name}`, filter: "member.*", clock, log: silentLog, signal: ending.signal,
      say: () => new TextEncoder().encode(said),
      heard: (subject, bytes, goodbye) => {
        if (bytes) others.set(subject, new TextDecoder().decode(bytes));
        else others.delete(subject);
        if (goodbye) goodbyes.push(subject);
      },
      echoed: () => {},
      failed: (err) => {
        throw err;
      },
    });
    const end = async () => {
      ending.abort();
      await members.done;
    };
    return { line, members, others, goodbyes, end };
  };
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 50) {
      clock.advance(50);
      for (let turns = 0; turns < 10; turns++) await turn();
    }
  };
  return { enter, pass };
}

test("who beats is known with what it says, and who does not is not", async () => {
  const { enter, pass } = createMeeting();
  const [one, two, quiet] = [enter("one", "hello"), enter("two"), enter("quiet")];
  one.members.join();
  two.members.join();
  await pass(100);
  expect(quiet.others).toEqual(new Map([["member.one", "hello"], ["member.two", "here"]]));
  expect(two.others).toEqual(new Map([["member.one", "hello"]]));
  await quiet.members.known;
  await Promise.all([one, two, quiet].map(({ end }) => end()));
});

test("who falls silent is given up within 1.5 s, not before its own lease has ended, and is back with its next beat", async () => {
  const { enter, pass } = createMeeting();
  const [one, two] = [enter("one"), enter("two")];
  one.members.join();
  two.members.join();
  await pass(300);
  one.line.disconnect();
  await pass(950);
  expect(two.others.has("member.one")).toBe(true);
  await pass(100);
  expect(one.members.isAlive()).toBe(false);
  await pass(450);
  expect(two.others.has("member.one")).toBe(false);
  expect(two.goodbyes).toEqual([]);

  one.line.reconnect();
  await pass(300);
  expect(two.others.has("member.one")).toBe(true);
  expect(one.members.isAlive()).toBe(true);
  await Promise.all([one, two].map(({ end }) => end()));
});

test("who leaves is gone at once, and by its own word", async () => {
  const { enter, pass } = createMeeting();
  const [one, two] = [enter("one"), enter("two")];
  one.members.join();
  await pass(100);
  await one.end();
  await one.members.leave();
  await pass(50);
  expect(two.others).toEqual(new Map());
  expect(two.goodbyes).toEqual(["member.one"]);
  await two.end();
});

test("one that comes late hears of those that are dead as if they lived, and gives them up as others would", async () => {
  const { enter, pass } = createMeeting();
  const one = enter("one");
  one.members.join();
  await pass(100);
  one.line.disconnect();
  await one.end();
  const two = enter("two");
  await two.members.known;
  expect(two.others.has("member.one")).toBe(true);
  await pass(1600);
  expect(two.others.has("member.one")).toBe(false);
  await two.end();
});
