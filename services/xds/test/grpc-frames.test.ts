import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameReader, piecesOf, type FrameFault } from "../src/grpc-frames.ts";

function reading() {
  const [messages, faults]: [Buffer[], FrameFault[]] = [[], []];
  return { messages, faults, read: createFrameReader((message) => messages.push(Buffer.from(message)), (fault) => faults.push(fault)) };
}

const framed = (parts: readonly Uint8Array[], most = 15_000) => [...piecesOf(parts, most)];
const bytes = (length: number, value = 1) => new Uint8Array(length).fill(value);

test("messages are the same again however their bytes are cut", () => {
  const some = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 1, maxLength: 8 });
  fc.assert(fc.property(some, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (all, cuts) => {
    const { messages, faults, read } = reading();
    const wire = Buffer.concat(all.flatMap((message) => framed([message])));
    for (let [at, cut] = [0, 0]; at < wire.length; cut++) {
      const end = at + (cuts[cut % cuts.length] ?? 1);
      read(wire.subarray(at, end));
      at = end;
    }
    expect(messages).toEqual(all.map((message) => Buffer.from(message)));
    expect(faults).toEqual([]);
  }));
});

test("a message that comes byte by byte is put together", () => {
  const { messages, read } = reading();
  const wire = Buffer.concat(framed([bytes(3000)]));
  for (let at = 0; at < wire.length; at++) read(wire.subarray(at, at + 1));
  expect(messages).toEqual([Buffer.from(bytes(3000))]);
});

test("a message in parts goes out in pieces of a size at most, which are one frame", () => {
  const sizes = fc.array(fc.integer({ min: 0, max: 90 }), { maxLength: 6 });
  fc.assert(fc.property(sizes, fc.integer({ min: 6, max: 64 }), (lengths, most) => {
    const parts = lengths.map((length, at) => bytes(length, at + 1));
    const pieces = framed(parts, most);
    for (const piece of pieces) expect(piece.length).toBeLessThanOrEqual(most);
    for (const piece of pieces.slice(0, -1)) expect(piece.length).toBe(most);
    const { messages, read } = reading();
    for (const piece of pieces) read(piece);
    expect(messages).toEqual([Buffer.concat(parts)]);
  }));
});

test("what is too large or compressed is refused by its first bytes, and nothing is taken after it", () => {
  const head = (flag: number, length: number) => {
    const frame = Buffer.alloc(5);
    frame.writeUInt8(flag, 0);
    frame.writeUInt32BE(length, 1);
    return frame;
  };
  for (const [frame, fault] of [[head(0, 4 * 1024 * 1024 + 1), "message-too-large"], [head(1, 3), "message-compressed"]] as const) {
    const { messages, faults, read } = reading();
    read(frame);
    for (const piece of framed([bytes(3)])) read(piece);
    expect([messages, faults]).toEqual([[], [fault]]);
  }
});
