import { PermissionViolationError, RequestError, type NatsConnection } from "@nats-io/transport-node";
import { meshName } from "@osm/model";
import { needs } from "@osm/testkit";
import { rightsOf, services, streamOf, type Service } from "@osm/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Bus } from "../src/index.ts";
import { matcherOf } from "../src/subject.ts";
import { startNatsMeshes, type NatsMeshes } from "./nats-meshes.ts";
import { bytesOf, openReader, textOf } from "./reader.ts";

const mesh = meshName("osm");
const other = meshName("other");
const stream = streamOf(mesh).name;
const patience = { timeoutMs: 5000 };

/** One subject of everything that is said on the bus. */
const samples = [
  "fact.TrafficTarget.ns.x", "sync.Pod", "view.v1", "proxy.uid", "endpoints.x", "compiled.c1", "member.compiler.c1", "member.xds.x1", "trust.bundle",
  "progress.x1", "outcome.v1.x1", "verdict.d1", "finding.watcher.Pod.ns.x", "finding.compiler.Pod.ns.x",
];
const requests = ["call.ca.sign", "call.blob.c1"];
const inMesh = (name: string, of = mesh): string => `mesh.${of}.v1.${name}`;
const covers = (filters: readonly string[], subject: string): boolean => filters.some((filter) => matcherOf(filter)(subject));

needs("nats-server", "openssl")("rights on NATS, over TLS", () => {
  let place: NatsMeshes;
  beforeAll(async () => {
    place = await startNatsMeshes([mesh, other]);
    for (const each of [mesh, other]) await fill(place, each);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  describe.each(services)("%s", (service) => {
    const { writes, reads, asks, answers } = rightsOf(mesh)[service];
    const mine = samples.map((name) => inMesh(name));

    test("writes what is its own and nothing else", async () => {
      await using bus = await place.open(mesh, service);
      for (const subject of mine) {
        const written = bus.publish(subject, bytesOf(service));
        if (covers(writes, subject)) expect(await written).toBeGreaterThan(0);
        else await expect(written).rejects.toMatchObject({ code: "Refused", message: expect.stringContaining(subject) });
      }
    });

    test("looks at what it may read and nothing else", async () => {
      await using bus = await place.open(mesh, service);
      for (const subject of mine) {
        const stands = bus.last(subject);
        if (covers([...reads, ...writes], subject)) expect(await stands).toMatchObject({ subject });
        else await expect(stands).rejects.toMatchObject({ code: "Refused" });
      }
    });

    test("watches what it may read and nothing else", async () => {
      await using bus = await place.open(mesh, service);
      const everything = services.flatMap((each) => rightsOf(mesh)[each].reads);
      const filters = [...new Set([...everything, inMesh(">"), ">", inMesh("fact.Secret.>")])];
      for (const filter of filters) {
        await using reader = openReader(bus, filter);
        if (isWithin([...reads, ...writes], filter)) await reader.until("current");
        else await expect(reader.next()).rejects.toMatchObject({ code: "Refused" });
      }
    });

    test("asks and answers what is its part and nothing else", async () => {
      await using bus = await place.open(mesh, service);
      for (const subject of requests.map((name) => inMesh(name))) {
        const asked = bus.request(subject, bytesOf("q"), patience);
        await expect(asked).rejects.toMatchObject({ code: covers(asks, subject) ? "NoResponder" : "Refused" });
        await answersOnlyIf(covers(answers, subject), bus, subject);
      }
    });

    test("has no way into another mesh", async () => {
      await using bus = await place.open(mesh, service, { as: other });
      for (const subject of [...samples, ...requests].map((name) => inMesh(name, other))) {
        await expect(bus.publish(subject, bytesOf("x"))).rejects.toMatchObject({ code: "Refused" });
        await expect(bus.last(subject)).rejects.toMatchObject({ code: "Refused" });
        await expect(bus.request(subject, bytesOf("x"), patience)).rejects.toMatchObject({ code: "Refused" });
      }
      await using reader = openReader(bus, inMesh(">", other));
      await expect(reader.next()).rejects.toMatchObject({ code: "Refused" });
    });

    test("when taken over, reaches nothing of JetStream but its own reading", async () => {
      const bare = await place.hostile(mesh, service);
      for (const [subject, body] of forbiddenApi(service)) expect([subject, await outcomeOf(bare, subject, body)]).toEqual([subject, "refused"]);
      for (const subject of forbiddenSubscriptions(service)) expect([subject, await listening(bare, subject)]).toEqual([subject, "refused"]);
      await bare.close();
    });
  });

  test("a reader cannot have a consumer say one filter and read another", async () => {
    const bare = await place.hostile(mesh, "xds");
    const body = { stream_name: stream, config: { name: "n", filter_subject: inMesh("fact.>"), ack_policy: "none" } };
    const reply = await bare.request(`$JS.API.CONSUMER.CREATE.${stream}.n.${inMesh("view.>")}`, JSON.stringify(body), { timeout: 5000 });
    expect(reply.json()).toMatchObject({ error: { err_code: 10131 } });
    await bare.close();
  });

  test("nobody has the server write for it what it may not write, by naming it as where the answer goes", async () => {
    const bare = await place.hostile(mesh, "xds");
    await using xds = await place.open(mesh, "xds");
    await using watcher = await place.open(mesh, "watcher");
    const [own, target] = [inMesh("outcome.forged.x1"), inMesh("fact.TrafficTarget.ns.forged")];
    await xds.publish(own, bytesOf("forged grant"));
    const config = { name: "forged", filter_subject: own, deliver_policy: "all", ack_policy: "none", mem_storage: true };
    await bare.request(`$JS.API.CONSUMER.CREATE.${stream}.forged.${own}`, JSON.stringify({ stream_name: stream, config }), { timeout: 5000 });
    bare.publish(`$JS.API.CONSUMER.MSG.NEXT.${stream}.forged`, "", { reply: target });
    bare.publish(`$JS.API.DIRECT.GET.${stream}.${own}`, "", { reply: target });
    const pushed = { ...config, name: "pushed", deliver_subject: target };
    const answer = await bare.request(`$JS.API.CONSUMER.CREATE.${stream}.pushed.${own}`, JSON.stringify({ stream_name: stream, config: pushed }), { timeout: 5000 });
    expect(answer.json()).toMatchObject({ error: { err_code: 10081 } });
    await bare.flush();
    expect(await watcher.last(target)).toBeUndefined();
    await bare.close();
  });

  test("xds is answered by the CA and by compilers", async () => {
    await using ca = await place.open(mesh, "ca");
    await using compiler = await place.open(mesh, "compiler");
    await using xds = await place.open(mesh, "xds");
    await using _signing = await ca.respond(inMesh("call.ca.sign"), async () => bytesOf("signed"));
    await using _blobs = await compiler.respond(inMesh("call.blob.c1"), async () => bytesOf("blob"));
    expect(textOf(await xds.request(inMesh("call.ca.sign"), bytesOf("q"), patience))).toBe("signed");
    expect(textOf(await xds.request(inMesh("call.blob.c1"), bytesOf("q"), patience))).toBe("blob");
  });
});

/** Every sample stands, so that what is not found is not a refusal. */
async function fill(place: NatsMeshes, each: typeof mesh): Promise<void> {
  // The watcher is first: it sets the stream up.
  for (const service of services) {
    await using bus = await place.open(each, service);
    for (const subject of samples.map((name) => inMesh(name, each))) {
      if (covers(rightsOf(each)[service].writes, subject)) await bus.publish(subject, bytesOf(each));
    }
  }
}

/** True when every subject that the filter means is among what one of the others means. */
function isWithin(allowed: readonly string[], filter: string): boolean {
  return allowed.some((each) => each === filter || (each.endsWith(".>") && filter.startsWith(each.slice(0, -1))));
}

async function answersOnlyIf(isAllowed: boolean, bus: Bus, subject: string): Promise<void> {
  if (!isAllowed) return await expect(bus.respond(subject, async (bytes) => bytes)).rejects.toMatchObject({ code: "Refused" });
  const responder = await bus.respond(subject, async (bytes) => bytes);
  await responder[Symbol.asyncDispose]();
}

function forbiddenApi(service: Service): readonly (readonly [string, string])[] {
  const stranger = "stranger";
  const setup = service === "watcher" ? [] : [`STREAM.CREATE.${stream}`, `STREAM.UPDATE.${stream}`];
  return [
    ...setup, "INFO", "STREAM.NAMES", "STREAM.LIST", `STREAM.DELETE.${stream}`, `STREAM.PURGE.${stream}`, `STREAM.MSG.GET.${stream}`,
    `STREAM.MSG.DELETE.${stream}`, `STREAM.SNAPSHOT.${stream}`, `STREAM.RESTORE.${stream}`, `STREAM.INFO.${streamOf(other).name}`, "STREAM.CREATE.mine",
    `DIRECT.GET.${stream}`, `DIRECT.GET.${stream}.${inMesh("trust.bundle")}`, `CONSUMER.NAMES.${stream}`, `CONSUMER.LIST.${stream}`,
    `CONSUMER.INFO.${stream}.${stranger}`, `CONSUMER.DELETE.${stream}.${stranger}`, `CONSUMER.CREATE.${stream}`, `CONSUMER.CREATE.${stream}.${stranger}`,
    `CONSUMER.DURABLE.CREATE.${stream}.${stranger}`, `CONSUMER.CREATE.${stream}.${stranger}.${inMesh("nothing.>")}`,
    `CONSUMER.MSG.NEXT.${streamOf(other).name}.${stranger}`,
  ].map((call) => [`$JS.API.${call}`, ""] as const);
}

function forbiddenSubscriptions(service: Service): readonly string[] {
  const { answers } = rightsOf(mesh)[service];
  const requested = requests.map((name) => inMesh(name)).filter((subject) => !covers(answers, subject));
  const inboxes = services.filter((each) => each !== service).map((each) => `_INBOX_osm-${each}.>`);
  return [">", "_INBOX.>", "$JS.>", "$SYS.>", inMesh(">"), inMesh("fact.>"), ...requested, ...inboxes];
}

async function outcomeOf(bare: NatsConnection, subject: string, body: string): Promise<"refused" | "passed"> {
  try {
    await bare.request(subject, body, { timeout: 5000 });
    return "passed";
  } catch (err) {
    return isRefused(err) ? "refused" : "passed";
  }
}

async function listening(bare: NatsConnection, subject: string): Promise<"refused" | "passed"> {
  const refused = Promise.withResolvers<"refused">();
  bare.subscribe(subject, { callback: (err) => void (isRefused(err) && refused.resolve("refused")) });
  // What the server has to say of it comes before its answer to this.
  const passed = bare.flush().then(() => "passed" as const);
  return await Promise.race([refused.promise, passed]);
}

function isRefused(err: unknown): boolean {
  return err instanceof PermissionViolationError || (err instanceof RequestError && err.cause instanceof PermissionViolationError);
}
