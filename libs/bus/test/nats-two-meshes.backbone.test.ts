import { meshName } from "@osm/model";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startNatsMeshes, streamBytes, type NatsMeshes } from "./nats-meshes.ts";
import { bytesOf, openReader, textOf } from "./reader.ts";

const [red, blue] = [meshName("red"), meshName("blue")];
const factOf = (mesh: string, name: string): string => `mesh.${mesh}.v1.fact.Pod.ns.${name}`;

needs("nats-server", "openssl")("two meshes on one NATS", () => {
  let place: NatsMeshes;
  beforeAll(async () => {
    place = await startNatsMeshes([red, blue]);
  });
  afterAll(() => place[Symbol.asyncDispose]());

  test("have a stream and numbers each, and see nothing of each other", async () => {
    await using ours = await place.open(red, "watcher");
    await using theirs = await place.open(blue, "watcher");
    expect(await ours.incarnation()).not.toBe(await theirs.incarnation());
    expect(await ours.publish(factOf("red", "x"), bytesOf("red"))).toBe(1);
    expect(await theirs.publish(factOf("blue", "x"), bytesOf("blue"))).toBe(1);
    await using reader = openReader(ours, "mesh.red.v1.fact.>");
    const seen = (await reader.until("current")).flatMap((event) => (event.kind === "entry" ? [event.entry.subject] : []));
    expect(seen).toEqual([factOf("red", "x")]);
    await expect(ours.last(factOf("blue", "x"))).rejects.toMatchObject({ code: "Refused" });
  });

  test("a request of one is not heard by the other's CA, even where the subject is the same", async () => {
    await using theirs = await place.open(blue, "ca");
    await using ours = await place.open(red, "xds");
    await using _answering = await theirs.respond("mesh.blue.v1.call.ca.sign", async (bytes) => bytes);
    const ask = (subject: string) => ours.request(subject, bytesOf("q"), { timeoutMs: 5000 });
    await expect(ask("mesh.red.v1.call.ca.sign")).rejects.toMatchObject({ code: "NoResponder" });
    await expect(ask("mesh.blue.v1.call.ca.sign")).rejects.toMatchObject({ code: "Refused" });
  });

  test("one that is full takes nothing from the other's room", async () => {
    await using ours = await place.open(red, "watcher");
    await using theirs = await place.open(blue, "watcher");
    const payload = new Uint8Array(900_000);
    const filling = async (): Promise<void> => {
      for (let n = 0; n * payload.length < 2 * streamBytes; n += 1) await ours.publish(factOf("red", `large${n}`), payload);
    };
    await expect(filling()).rejects.toMatchObject({ code: "Full" });
    const written = await theirs.publish(factOf("blue", "large"), payload);
    expect(await theirs.last(factOf("blue", "large"))).toMatchObject({ seq: written });
    // The other's own values may still be written, and make room.
    await ours.publish(factOf("red", "large0"), undefined);
    await ours.publish(factOf("red", "small"), bytesOf("1"));
    expect(textOf((await ours.last(factOf("red", "small")))?.bytes)).toBe("1");
  });

  test("one that floods leaves the other's line alone", async () => {
    await using ours = await place.open(red, "watcher");
    await using theirs = await place.open(blue, "watcher");
    await using reader = openReader(theirs, "mesh.blue.v1.sync.*");
    await reader.until("current");
    const flood = Promise.all(Array.from({ length: 2000 }, (_, n) => ours.publish(factOf("red", "small"), bytesOf(String(n)))));
    const seq = await theirs.publish("mesh.blue.v1.sync.Pod", bytesOf("1"));
    expect(await reader.entry()).toMatchObject({ seq });
    await flood;
  });
});
