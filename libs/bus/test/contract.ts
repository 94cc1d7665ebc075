import { describe, expect, test } from "vitest";
import type { OpenBusUnderTest } from "./bench.ts";
import { lastValueContract } from "./contract-last-values.ts";
import { readerContract } from "./contract-readers.ts";
import { requestContract } from "./contract-requests.ts";

/**
 * What every bus promises, whatever is behind it. Subjects under `mesh.test.v1.` are kept by the stream, but for those under
 * `mesh.test.v1.call.`, which are for requests.
 */
export function busContract(name: string, open: OpenBusUnderTest): void {
  describe(`${name}: last values`, () => lastValueContract(open));
  describe(`${name}: readers`, () => readerContract(open));
  describe(`${name}: requests`, () => requestContract(open));
  describe(`${name}: its end`, () => endContract(open));
}

function endContract(open: OpenBusUnderTest): void {
  test("ends watches, and calls fail as unavailable", async () => {
    const { bus } = await open();
    const events = bus.watch("mesh.test.v1.>", { signal: new AbortController().signal })[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { kind: "current" } });
    const pending = events.next();
    await bus[Symbol.asyncDispose]();
    expect(await pending).toMatchObject({ done: true });
    await expect(bus.publish("mesh.test.v1.view.a", new Uint8Array())).rejects.toMatchObject({ code: "Unavailable" });
    await expect(bus.last("mesh.test.v1.view.a")).rejects.toMatchObject({ code: "Unavailable" });
    await expect(bus.request("mesh.test.v1.call.a", new Uint8Array(), { timeoutMs: 1000 })).rejects.toMatchObject({ code: "Unavailable" });
  });

  test("may be told twice", async () => {
    const { bus } = await open();
    await bus[Symbol.asyncDispose]();
    await expect(bus[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });
}
