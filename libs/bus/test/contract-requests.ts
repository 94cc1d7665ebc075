import { expect, test } from "vitest";
import { maxPayload, Refusal } from "../src/index.ts";
import type { OpenBusUnderTest } from "./bench.ts";
import { bytesOf, textOf } from "./reader.ts";

const subject = "mesh.test.v1.call.sign";
const patience = { timeoutMs: 5000 };

export function requestContract(open: OpenBusUnderTest): void {
  test("are answered, over several connections", async () => {
    await using under = await open();
    const other = await under.connect();
    await using _responder = await other.respond(subject, async (bytes) => bytesOf(`${textOf(bytes)} signed`));
    expect(textOf(await under.bus.request(subject, bytesOf("csr"), patience))).toBe("csr signed");
    expect(textOf(await other.request(subject, bytesOf("own"), patience))).toBe("own signed");
  });

  test("bring their headers, and no others of the bus's own", async () => {
    await using under = await open();
    const seen: unknown[] = [];
    await using _responder = await under.bus.respond(subject, async (bytes, headers) => {
      seen.push(headers);
      return bytes;
    });
    await under.bus.request(subject, bytesOf("q"), { ...patience, headers: { traceparent: "00-1" } });
    await under.bus.request(subject, bytesOf("q"), patience);
    expect(seen).toEqual([{ traceparent: "00-1" }, {}]);
    await expect(under.bus.request(subject, bytesOf("q"), { ...patience, headers: { traceparent: "a\nb" } })).rejects.toThrow(TypeError);
  });

  test("copy bytes both ways", async () => {
    await using under = await open();
    const answer = Buffer.from("answer");
    await using _responder = await under.bus.respond(subject, async (bytes) => {
      bytes.fill(0);
      return answer;
    });
    const question = Buffer.from("question");
    const given = await under.bus.request(subject, question, patience);
    answer.fill(0);
    given[0] = 65;
    expect([question.toString(), textOf(given)]).toEqual(["question", "Answer"]);
  });

  test("are shared among the responders, each request answered once", async () => {
    await using under = await open();
    const taken: string[] = [];
    await using stack = new AsyncDisposableStack();
    for (const name of ["x", "y", "z"]) {
      const responder = await (await under.connect()).respond(subject, async () => {
        taken.push(name);
        return bytesOf(name);
      });
      stack.use(responder);
    }
    await Promise.all(Array.from({ length: 60 }, () => under.bus.request(subject, bytesOf("q"), patience)));
    expect(taken).toHaveLength(60);
    expect(new Set(taken)).toEqual(new Set(["x", "y", "z"]));
  });

  test("fail at once where nobody answers", async () => {
    await using under = await open();
    await expect(under.bus.request(subject, bytesOf("q"), patience)).rejects.toMatchObject({ name: "BusError", code: "NoResponder" });
    const responder = await under.bus.respond(subject, async (bytes) => bytes);
    await under.bus.request(subject, bytesOf("q"), patience);
    await responder[Symbol.asyncDispose]();
    await expect(under.bus.request(subject, bytesOf("q"), patience)).rejects.toMatchObject({ code: "NoResponder" });
  });

  test("fail when the answer does not come in time", async () => {
    await using under = await open();
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<Uint8Array>();
    await using _responder = await under.bus.respond(subject, async () => {
      asked.resolve();
      return held.promise;
    });
    const request = under.bus.request(subject, bytesOf("q"), { timeoutMs: 50 });
    const failure = expect(request).rejects.toMatchObject({ code: "Timeout" });
    await asked.promise;
    under.pass(50);
    await failure;
    held.resolve(bytesOf("late"));
  });

  test("end with the signal's reason", async () => {
    await using under = await open();
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<Uint8Array>();
    await using _responder = await under.bus.respond(subject, async () => {
      asked.resolve();
      return held.promise;
    });
    const stop = new AbortController();
    const request = under.bus.request(subject, bytesOf("q"), { ...patience, signal: stop.signal });
    const failure = expect(request).rejects.toThrow("no longer wanted");
    await asked.promise;
    stop.abort(new Error("no longer wanted"));
    await failure;
    held.resolve(bytesOf("late"));
    await expect(under.bus.request(subject, bytesOf("q"), { ...patience, signal: stop.signal })).rejects.toThrow("no longer wanted");
  });

  test("tell why they were refused when the responder says so, and of other errors nothing", async () => {
    await using under = await open();
    await using _responder = await under.bus.respond(subject, async (bytes) => {
      if (textOf(bytes) === "no") throw new Refusal("not for\nyou");
      throw new Error("password hunter2 is wrong", { cause: new Refusal("hidden") });
    });
    await expect(under.bus.request(subject, bytesOf("no"), patience)).rejects.toMatchObject({ code: "Refused", message: "not for?you" });
    await expect(under.bus.request(subject, bytesOf("q"), patience)).rejects.toMatchObject({ code: "Refused", message: "the responder failed" });
  });

  test("and answers above the payload limit fail", async () => {
    await using under = await open();
    await using _responder = await under.bus.respond(subject, async (bytes) => new Uint8Array(bytes.length + 1));
    await expect(under.bus.request(subject, new Uint8Array(maxPayload + 1), patience)).rejects.toMatchObject({ code: "PayloadTooLarge" });
    await expect(under.bus.request(subject, new Uint8Array(maxPayload), patience)).rejects.toMatchObject({ code: "Refused" });
    expect(await under.bus.request(subject, new Uint8Array(maxPayload - 1), patience)).toHaveLength(maxPayload);
  });

  test("that are under way are answered when the responder is disposed", async () => {
    await using under = await open();
    const asked = Promise.withResolvers<void>();
    const held = Promise.withResolvers<Uint8Array>();
    const responder = await under.bus.respond(subject, async () => {
      asked.resolve();
      return held.promise;
    });
    const request = under.bus.request(subject, bytesOf("q"), patience);
    await asked.promise;
    const order: string[] = [];
    const disposed = responder[Symbol.asyncDispose]().then(() => order.push("disposed"));
    await expect(under.bus.request(subject, bytesOf("q"), patience)).rejects.toMatchObject({ code: "NoResponder" });
    order.push("answering");
    held.resolve(bytesOf("answer"));
    expect(textOf(await request)).toBe("answer");
    await disposed;
    expect(order).toEqual(["answering", "disposed"]);
  });

  test("go to plain subjects only", async () => {
    await using under = await open();
    await expect(under.bus.request("call.*", bytesOf("q"), patience)).rejects.toThrow(TypeError);
    await expect(under.bus.respond("call.>", async (bytes) => bytes)).rejects.toThrow(TypeError);
  });
}
