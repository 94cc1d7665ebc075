import { digestOf, type Fact } from "@osm/model";
import { manualClock, type ManualClock } from "@osm/testkit";
import { compiledPayload, decodeJson, encodeJson, type CompiledPayload } from "@osm/wire";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { createBench, published, subjects, viewOf, type Bench } from "./bench.ts";
import { meshConfig, namespace, pod, service, shop, slice } from "./mesh-facts.ts";
import { untilTimePassed } from "./passing-time.ts";
import { stoppableProcess } from "./stopped-process.ts";

const apps = ["anna", "bert", "cleo", "dora", "emil", "fred", "gwen", "hugo"];
const crowd: readonly Fact[] = apps.flatMap((app, at) => [pod(app), service(app, `10.96.1.${at}`), slice(app, ["10.0.0.1"])]);
const withDigest = z.object({ digest: z.string() });
const others = (members: readonly string[], of: string) => members.filter((member) => member !== of);

async function positions(bench: Bench): Promise<ReadonlyMap<string, CompiledPayload>> {
  const entries = await bench.standing(subjects.allCompiled);
  return new Map(entries.map(({ subject, bytes }) => [subject, decodeJson(compiledPayload, bytes ?? new Uint8Array())]));
}

/** Everybody has said that all is said, and knows who shares with them. */
async function settled(bench: Bench, revision: number, members: readonly string[]): Promise<boolean> {
  const said = await positions(bench);
  return said.size === members.length && members.every((member) => {
    const position = said.get(subjects.compiled(member));
    return position !== undefined && position.revision >= revision && position.beside.join() === others(members, member).toSorted().join();
  });
}

async function running(members: readonly string[]) {
  const clock = manualClock(1_000_000);
  const bench = createBench(clock);
  const last = await bench.say(...shop, ...crowd);
  await bench.barrier();
  const compilers = members.map((member) => bench.start(member, { clock }));
  await untilTimePassed(clock, () => settled(bench, last, members));
  return { clock, bench, compilers };
}

/** Makes every view, the offering, a proxy and an assignment other ones. @returns the fact's number. */
async function changeAll(bench: Bench, edition: number): Promise<number> {
  return bench.say(service("news", `10.96.2.${edition}`), pod("news"), pod(`reader-${edition}`), ...apps.map((app) => slice(app, [`10.0.9.${edition}`])), { ...meshConfig, egress: edition % 2 === 1 });
}

async function publishersOf(bench: Bench) {
  const { views, endpoints } = await published(bench);
  return { views: views.map(({ publisher }) => publisher), endpoints: endpoints.map(({ publisher }) => publisher) };
}

const shared = async (bench: Bench, clock: ManualClock, edition: number) => {
  const revision = await changeAll(bench, edition);
  await untilTimePassed(clock, () => settled(bench, revision, ["one", "two"]));
  return publishersOf(bench);
};

test("two compilers each publish a part, together all of it", async () => {
  const { bench, clock } = await running(["one", "two"]);
  await using _ = bench;
  const { views, endpoints } = await shared(bench, clock, 1);
  expect(new Set(views)).toEqual(new Set(["one", "two"]));
  expect(new Set(endpoints)).toEqual(new Set(["one", "two"]));
  expect((await published(bench)).proxies).toHaveLength(apps.length + 4);
});

describe("when one is gone", () => {
  test("killed without a word, its part goes on within two seconds, and what it claimed no longer holds readers back", async () => {
    const { bench, clock, compilers } = await running(["one", "two"]);
    await using _ = bench;
    await compilers[0]?.kill();
    const revision = await changeAll(bench, 2);
    expect(await untilTimePassed(clock, () => settled(bench, revision, ["two"]))).toBeLessThan(2000);
    expect(new Set((await publishersOf(bench)).views)).toEqual(new Set(["two"]));
  });

  test("it says goodbye and its part goes on at once", async () => {
    const { bench, clock, compilers } = await running(["one", "two"]);
    await using _ = bench;
    await compilers[0]?.stop();
    const revision = await changeAll(bench, 2);
    expect(await untilTimePassed(clock, () => settled(bench, revision, ["two"]))).toBeLessThan(500);
  });

  test("a fact that came while nobody owned it is not lost", async () => {
    const { bench, clock, compilers } = await running(["one", "two", "three"]);
    await using _ = bench;
    await compilers[1]?.kill();
    const revision = await changeAll(bench, 3);
    await untilTimePassed(clock, () => settled(bench, revision, ["one", "three"]));
    const { endpoints, proxies } = await published(bench);
    expect(endpoints.every((each) => each.bytes === "" || each.revision > 0)).toBe(true);
    expect(proxies.map(({ pod: name }) => name)).toContain("reader-3-0");
  });
});

test("a newcomer is given its part, and nothing is withdrawn or said twice for it", async () => {
  const { bench, clock } = await running(["one"]);
  await using _ = bench;
  const before = await bench.mark();
  const revision = before - 1;
  bench.start("two", { clock });
  await untilTimePassed(clock, () => settled(bench, 0, ["one", "two"]));
  expect((await bench.saidAfter(revision)).filter((subject) => !subject.includes(".compiled."))).toEqual([]);
  expect(new Set((await shared(bench, clock, 4)).views)).toEqual(new Set(["one", "two"]));
});

describe("one that is stopped and resumed", () => {
  /** One is stopped on its way to say a change, which is taken back before it goes on. */
  async function resumed() {
    const clock = manualClock(1_000_000);
    const bench = createBench(clock);
    const first = await bench.say(...shop, ...crowd);
    await bench.barrier();
    const process = stoppableProcess(clock);
    const one = bench.start("one", process);
    bench.start("two", { clock });
    await untilTimePassed(clock, () => settled(bench, first, ["one", "two"]));
    const before = await published(bench);
    return { clock, bench, process, one, before };
  }
  const digests = (list: readonly { readonly name: string; readonly digest: string }[]) => list.map(({ name, digest }) => `${name} ${digest}`).toSorted();

  test("says nothing that was true only while it slept", async () => {
    const { clock, bench, process, before } = await resumed();
    await using _ = bench;
    const seen = new Set<string>();
    const ending = new AbortController();
    const watching = (async () => {
      for await (const event of bench.bus.watch("mesh.osm.v1.>", { signal: ending.signal })) {
        if (event.kind === "entry" && event.entry.bytes && /[.](view|offering|endpoints)[.]/.test(event.entry.subject)) seen.add(decodeJson(withDigest, event.entry.bytes).digest);
      }
    })();
    process.stopBefore(/[.]endpoints[.]/);
    const passing = await bench.say(...apps.map((app) => slice(app, ["10.0.66.6"])));
    await untilTimePassed(clock, async () => (await positions(bench)).get(subjects.compiled("two"))?.revision === passing);
    const back = await bench.say(...apps.map((app) => slice(app, ["10.0.0.1"])));
    await untilTimePassed(clock, () => settled(bench, back, ["two"]));
    const half = new Set(seen);
    process.resume();
    await untilTimePassed(clock, () => settled(bench, back, ["one", "two"]));
    const after = await published(bench);
    ending.abort();
    await watching;

    expect(digests(after.endpoints)).toEqual(digests(before.endpoints));
    expect([...seen].filter((digest) => !half.has(digest))).toEqual([]);
  });

  test("takes its part again, and does not withdraw what came while it slept", async () => {
    const { clock, bench, process } = await resumed();
    await using _ = bench;
    process.stop();
    const during = await changeAll(bench, 5);
    await untilTimePassed(clock, () => settled(bench, during, ["two"]));
    const mark = await bench.mark();
    process.resume();
    await untilTimePassed(clock, () => settled(bench, during, ["one", "two"]));
    expect((await bench.saidAfter(mark)).filter((subject) => !subject.includes(".compiled."))).toEqual([]);
    expect(new Set((await shared(bench, clock, 6)).views)).toEqual(new Set(["one", "two"]));
  });
});

test("a stranger's value on what is owned does not stay, whether or not there is news", async () => {
  const { bench, clock } = await running(["one", "two"]);
  await using _ = bench;
  const { views, offerings, endpoints } = await published(bench);
  for (const each of offerings) await bench.bus.publish(subjects.offering(each.id), encodeJson({ ...each, digest: digestOf("stale"), revision: 1 }));
  for (const view of views) await bench.bus.publish(subjects.view(view.id), encodeJson({ ...view, digest: digestOf("stale"), revision: 1 }));
  for (const each of endpoints) await bench.bus.publish(subjects.endpoints(each.name), undefined);
  await bench.bus.publish(subjects.endpoints("nobody/knows|80"), encodeJson({ ...endpoints[0], name: "nobody/knows|80", revision: 1 }));
  const digestsNow = async () => {
    const now = await published(bench);
    return [...now.views, ...now.offerings, ...now.endpoints].map(({ digest }) => digest).toSorted();
  };
  const expected = [...views, ...offerings, ...endpoints].map(({ digest }) => digest).toSorted();
  await untilTimePassed(clock, async () => (await digestsNow()).join() === expected.join());
});

async function settledWith(clock: ManualClock, bench: Bench, fact: Fact): Promise<void> {
  const revision = await bench.say(fact);
  await untilTimePassed(clock, () => settled(bench, revision, ["one"]));
}

test("who takes over goes on with the doors as proxies have them: no listener changes for it", async () => {
  const clock = manualClock(1_000_000);
  await using bench = createBench(clock);
  const tcp = service("server", "10.96.0.1");
  const carrying: Fact = { ...tcp, ports: tcp.ports.map((port) => ({ ...port, protocol: "tcp" as const })) };
  const granted = (...accounts: readonly string[]): Fact => ({
    kind: "TrafficTarget", namespace, name: "callers", destination: { namespace, serviceAccount: "server" },
    sources: accounts.map((serviceAccount) => ({ namespace, serviceAccount })), rules: [{ kind: "TCPRoute", name: "all", matches: [] }],
  });
  const route: Fact = { kind: "TCPRoute", namespace, name: "all", ports: [] };
  const first = await bench.say(...shop, { ...meshConfig, permissive: false }, carrying, route, granted("client", "other"));
  await bench.barrier();
  const sleeper = stoppableProcess(clock);
  const one = bench.start("one", { clock });
  bench.start("two", sleeper);
  await untilTimePassed(clock, () => settled(bench, first, ["one", "two"]));
  const before = await viewOf(bench, "server");

  // One sees a right go and come back, two nothing but that it is there.
  sleeper.stop();
  await settledWith(clock, bench, pod("late"));
  const gone = await bench.say(granted("client"));
  await untilTimePassed(clock, () => settled(bench, gone, ["one"]));
  const back = await bench.say(granted("client", "other"));
  await untilTimePassed(clock, () => settled(bench, back, ["one"]));
  const lost = await viewOf(bench, "server");
  sleeper.resume();
  await untilTimePassed(clock, () => settled(bench, back, ["one", "two"]));
  await one.kill();
  await untilTimePassed(clock, () => settled(bench, back, ["two"]));
  expect(lost.doors).not.toEqual(before.doors);
  expect((await viewOf(bench, "server")).digest).toBe(lost.digest);
});
