import { describe, expect, test } from "vitest";
import { createMemoryBus, createWriter, type Bus, type Entry } from "../src/index.ts";
import { bytesOf, textOf } from "./reader.ts";

const a = "mesh.test.v1.view.a";
const b = "mesh.test.v1.view.b";
const plain = { sameAs: (bytes: Uint8Array) => textOf(bytes) ?? "", yieldsTo: () => false };

async function adoptAll(bus: Bus, adopt: (entry: Entry) => void): Promise<void> {
  for await (const event of bus.watch("mesh.test.>", { signal: new AbortController().signal })) {
    if (event.kind === "entry") adopt(event.entry);
    if (event.kind === "current") return;
  }
}

describe("a writer", () => {
  test("writes what differs and nothing else", async () => {
    const bus = createMemoryBus();
    const writer = createWriter(bus, plain);
    expect(await writer.write(a, bytesOf("1"))).toBe(1);
    expect(await writer.write(a, bytesOf("1"))).toBe(1);
    expect(await writer.write(a, bytesOf("2"))).toBe(2);
    expect(await writer.write(a, undefined)).toBe(3);
    expect(await writer.write(a, undefined)).toBe(3);
    expect(await writer.write(b, undefined)).toBe(0);
    expect([...writer.standing()]).toEqual([]);
    expect(await bus.last(b)).toBeUndefined();
  });
  test("that adopted what stands does not say it again, and may withdraw it", async () => {
    const bus = createMemoryBus();
    await createWriter(bus, plain).write(a, bytesOf("1"));
    const writer = createWriter(bus, plain);
    await adoptAll(bus, writer.adopt);
    expect([...writer.standing()]).toEqual([a]);
    expect(await writer.write(a, bytesOf("1"))).toBe(1);
    expect(await writer.write(a, undefined)).toBe(2);
  });
  test("that knows nothing finds what stands by the conflict", async () => {
    const bus = createMemoryBus();
    await createWriter(bus, plain).write(a, bytesOf("1"));
    expect(await createWriter(bus, plain).write(a, bytesOf("1"))).toBe(1);
    expect(await createWriter(bus, plain).write(a, bytesOf("2"))).toBe(2);
  });
  test("drops its own for one that is newer", async () => {
    const bus = createMemoryBus();
    await createWriter(bus, plain).write(a, bytesOf("9"));
    const writer = createWriter(bus, { ...plain, yieldsTo: (theirs, ours) => (textOf(theirs) ?? "") > (textOf(ours) ?? "") });
    expect(await writer.write(a, bytesOf("5"))).toBe(1);
    expect(textOf((await bus.last(a))?.bytes)).toBe("9");
  });
  test("does not go back to an older entry that a watch brings late", async () => {
    const bus = createMemoryBus();
    const writer = createWriter(bus, plain);
    await writer.write(a, bytesOf("1"));
    const old = await bus.last(a);
    await writer.write(a, bytesOf("2"));
    if (old) writer.adopt(old);
    expect(await writer.write(a, bytesOf("1"))).toBe(3);
  });
  test("gives up when another one never lets it", async () => {
    const bus = createMemoryBus();
    let n = 0;
    const contested: Bus = { ...bus, publish: async (subject, bytes, options) => {
      n += 1;
      await bus.publish(subject, bytesOf(`theirs ${n}`));
      return bus.publish(subject, bytes, options);
    } };
    await expect(createWriter(contested, plain).write(a, bytesOf("ours"))).rejects.toMatchObject({ code: "WrongSequence" });
  });
});

describe("a writer whose stream was lost", () => {
  test("says all again once it was told to forget", async () => {
    const bus = createMemoryBus();
    const writer = createWriter(bus, plain);
    await writer.write(b, bytesOf("0"));
    await writer.write(a, bytesOf("1"));
    bus.loseDisk();
    writer.forget();
    expect([...writer.standing()]).toEqual([]);
    expect(await writer.write(a, bytesOf("1"))).toBe(1);
    expect(textOf((await bus.last(a))?.bytes)).toBe("1");
  });
  test("begins a write again that the loss came upon", async () => {
    const bus = createMemoryBus();
    const held = Promise.withResolvers<void>();
    const onTheWay = Promise.withResolvers<void>();
    const slow: Bus = { ...bus, publish: async (...args) => {
      const seq = await bus.publish(...args);
      onTheWay.resolve();
      await held.promise;
      return seq;
    } };
    const writer = createWriter(slow, plain);
    const writing = writer.write(a, bytesOf("1"));
    await onTheWay.promise;
    bus.loseDisk();
    writer.forget();
    held.resolve();
    await writing;
    expect(textOf((await bus.last(a))?.bytes)).toBe("1");
  });
});
