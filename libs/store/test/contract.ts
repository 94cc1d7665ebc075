import { digestOf } from "@osm/model";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { StoreUnavailable, type Store } from "../src/index.ts";

/** A store, fresh and empty, and what can be done to it. What a bench cannot do is left out, and not tested. */
export interface StoreUnderTest extends AsyncDisposable {
  readonly store: Store;
  /** Lets time pass where time stands still; where it does not, nothing. */
  pass(ms: number): Promise<void>;
  /** The time to live that `store` was opened with; a few seconds where time is real. */
  readonly ttlMs: number;
  readonly controls: {
    readonly poison?: (key: ReturnType<typeof digestOf>, bytes: Uint8Array) => Promise<void>;
    readonly flush?: () => Promise<void>;
    readonly line?: { disconnect(): Promise<void>; reconnect(): Promise<void> };
  };
}

export type OpenStoreUnderTest = () => Promise<StoreUnderTest>;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** What every store promises, whatever is behind it. */
export function storeContract(name: string, open: OpenStoreUnderTest): void {
  describe(`${name}: blobs`, () => blobContract(open));
  describe(`${name}: a bad day`, () => faultContract(open));
}

function blobContract(open: OpenStoreUnderTest): void {
  test("are given back by their digests, in the order asked", async () => {
    await using under = await open();
    const digests = await under.store.put([bytesOf("a"), bytesOf("b"), bytesOf("c")]);
    expect(digests).toEqual(["a", "b", "c"].map(digestOf));
    expect(await under.store.get([...digests].reverse())).toEqual(["c", "b", "a"].map(bytesOf));
  });

  test("that were never put are absent, each in its place", async () => {
    await using under = await open();
    const [a] = await under.store.put([bytesOf("a")]);
    if (a === undefined) throw new Error("no digest");
    expect(await under.store.get([digestOf("x"), a, digestOf("y"), a])).toEqual([undefined, bytesOf("a"), undefined, bytesOf("a")]);
  });

  test("may be put twice, and none at all", async () => {
    await using under = await open();
    expect(await under.store.put([bytesOf("a"), bytesOf("a")])).toEqual([digestOf("a"), digestOf("a")]);
    expect(await under.store.put([bytesOf("a")])).toEqual([digestOf("a")]);
    expect(await under.store.get([digestOf("a")])).toEqual([bytesOf("a")]);
    expect(await under.store.put([])).toEqual([]);
    expect(await under.store.get([])).toEqual([]);
  });

  test("may be empty, and large", async () => {
    await using under = await open();
    const large = new Uint8Array(8_000_000).map((_, index) => index % 251);
    const digests = await under.store.put([new Uint8Array(), large]);
    const [empty, same] = await under.store.get(digests);
    expect(empty).toEqual(new Uint8Array());
    expect(same && Buffer.compare(same, large)).toBe(0);
  });

  test("are copied on the way in and on the way out", async () => {
    await using under = await open();
    const given = Buffer.from("given");
    const digests = await under.store.put([given]);
    given.fill(0);
    const [once] = await under.store.get(digests);
    once?.fill(0);
    expect(await under.store.get(digests)).toEqual([bytesOf("given")]);
  });

  test("of any content come back as they were", async () => {
    await using under = await open();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 64 }), { maxLength: 8 }), async (blobs) => {
        expect(await under.store.get(await under.store.put(blobs))).toEqual(blobs);
      }),
      { numRuns: 50 },
    );
  });

  test("live for their time, which each get and put begins anew", async () => {
    await using under = await open();
    const [read, written, left] = ["read", "written", "left"].map(bytesOf);
    if (!read || !written || !left) throw new Error("three blobs");
    const most = under.ttlMs * 0.6;
    const [key, , leftKey] = await under.store.put([read, written, left]);
    if (!key || !leftKey) throw new Error("three digests");
    await under.pass(most);
    expect(await under.store.get([key])).toEqual([read]);
    await under.store.put([written]);
    await under.pass(most);
    expect(await under.store.get([key, digestOf(written), leftKey])).toEqual([read, written, undefined]);
    await under.pass(under.ttlMs);
    expect(await under.store.get([key])).toEqual([undefined]);
  });
}

function faultContract(open: OpenStoreUnderTest): void {
  test("a poisoned blob reads as absent, and can be put again", async (context) => {
    await using under = await open();
    if (!under.controls.poison) return context.skip("this bench cannot poison");
    const digests = await under.store.put([bytesOf("a"), bytesOf("b")]);
    await under.controls.poison(digestOf("a"), bytesOf("evil"));
    await under.controls.poison(digestOf("c"), bytesOf("evil"));
    expect(await under.store.get([...digests, digestOf("c")])).toEqual([undefined, bytesOf("b"), undefined]);
    await under.store.put([bytesOf("a")]);
    expect(await under.store.get(digests)).toEqual([bytesOf("a"), bytesOf("b")]);
  });

  test("a flushed store is an empty one", async (context) => {
    await using under = await open();
    if (!under.controls.flush) return context.skip("this bench cannot flush");
    const digests = await under.store.put([bytesOf("a")]);
    await under.controls.flush();
    expect(await under.store.get(digests)).toEqual([undefined]);
    await under.store.put([bytesOf("a")]);
    expect(await under.store.get(digests)).toEqual([bytesOf("a")]);
  });

  test("a store that cannot be reached says so, and goes on afterwards", async (context) => {
    await using under = await open();
    if (!under.controls.line) return context.skip("this bench cannot cut the line");
    const digests = await under.store.put([bytesOf("a")]);
    await under.controls.line.disconnect();
    await expect(under.store.get(digests)).rejects.toThrow(StoreUnavailable);
    await expect(under.store.put([bytesOf("b")])).rejects.toThrow(StoreUnavailable);
    await under.controls.line.reconnect();
    expect(await under.store.get(digests)).toEqual([bytesOf("a")]);
  });

  test("a closed store cannot be reached, and may be closed twice", async () => {
    const { store } = await open();
    await store[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    await expect(store.get([])).rejects.toThrow(StoreUnavailable);
    await expect(store.put([])).rejects.toThrow(StoreUnavailable);
  });
}
