import { execFile } from "node:child_process";
import { createServer, type Server } from "node:http";
import { once } from "node:events";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { noSpan, openTracer, silentLog, type Log } from "../src/index.ts";

const fixture = `${import.meta.dirname}/fixtures/otel-loads.ts`;
const loadedWith = async (env: Readonly<Record<string, string>>): Promise<unknown> =>
  JSON.parse((await promisify(execFile)(process.execPath, [fixture], { env: { ...env } })).stdout);

describe("tracing that is off", () => {
  test("does not load OpenTelemetry", async () => {
    expect(await loadedWith({})).toEqual([]);
    expect(await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_SDK_DISABLED: "true" })).toEqual([]);
  });
  test("makes nothing: every span outside a trace is one and the same", async () => {
    await using tracer = await openTracer({ service: "ca", env: {}, log: silentLog });
    expect(tracer.root("watch.fact", { fields: { ref: "a" } })).toBe(noSpan);
    expect(tracer.span("compile.mesh", undefined)).toBe(noSpan);
  });
});

test("tracing that is on loads one exporter", async () => {
  const loaded = await loadedWith({ OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_TIMEOUT: "100" });
  expect(loaded).toContain("@opentelemetry/exporter-trace-otlp-proto");
  expect(loaded).not.toContain("@opentelemetry/exporter-trace-otlp-grpc");
  expect(loaded).not.toContain("@opentelemetry/exporter-trace-otlp-http");
});

describe("a collector", () => {
  let server: Server | undefined;
  afterEach(() => void server?.close());
  /** Answers as told, and keeps what it got. */
  async function collector(status: () => number): Promise<{ readonly url: string; readonly got: readonly string[]; readonly answered: (count: number) => Promise<void> }> {
    const got: string[] = [];
    let bell = Promise.withResolvers<void>();
    const answered = async (count: number): Promise<void> => {
      for (; got.length < count; bell = Promise.withResolvers()) await bell.promise;
    };
    server = createServer((request, response) => {
      let body = "";
      request.on("data", (chunk) => (body += String(chunk)));
      request.on("end", () => {
        got.push(body);
        response.writeHead(status(), { "content-type": "application/json" }).end("{}");
        bell.resolve();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    return { url: `http://127.0.0.1:${typeof address === "object" ? address?.port : "?"}`, got, answered };
  }
  const json = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url, OTEL_EXPORTER_OTLP_PROTOCOL: "http/json", OTEL_EXPORTER_OTLP_TIMEOUT: "200", OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "1" });

  test("gets what is left when a service ends, and no word of an error but its kind", async () => {
    const { url, got } = await collector(() => 200);
    const tracer = await openTracer({ service: "ca", env: json(url), log: silentLog });
    const root = tracer.root("watch.fact", { at: 1_800_000_000_000, fields: { ref: "Pod/a/b" } });
    tracer.span("compile.mesh", root.trace).fail(Object.assign(new Error("hunter2"), { code: "EAWAY" }));
    root.end({ revision: 3 });
    await tracer[Symbol.asyncDispose]();
    const all = got.join("\n");
    expect(all).toContain('"name":"watch.fact"');
    expect(all).toContain('"stringValue":"osm-ca"');
    expect(all).toContain('"stringValue":"Pod/a/b"');
    expect(all).toContain('"stringValue":"Error EAWAY"');
    expect(all).not.toContain("hunter2");
  });
  test("that samples nothing gets nothing, and what follows is told so", async () => {
    const { url, got } = await collector(() => 200);
    const tracer = await openTracer({ service: "ca", env: { ...json(url), OTEL_TRACES_SAMPLER: "parentbased_always_off" }, log: silentLog });
    const root = tracer.root("watch.fact");
    expect(root.trace).toMatch(/-00$/);
    tracer.span("compile.mesh", root.trace).end();
    root.end();
    await tracer[Symbol.asyncDispose]();
    expect(got).toEqual([]);
  });
  test("that fails costs its spans and one line, until it works again", async () => {
    let status = 400;
    const { url, answered } = await collector(() => status);
    const said: string[] = [];
    let heard = Promise.withResolvers<void>();
    const note = (level: string) => (_fields: unknown, message: string) => {
      said.push(`${level} ${message}`);
      heard.resolve();
    };
    const log: Log = { debug: note("debug"), info: note("info"), warn: note("warn"), error: note("error") };
    const tracer = await openTracer({ service: "ca", env: json(url), log });
    heard = Promise.withResolvers();
    tracer.root("watch.fact").end();
    await heard.promise;
    tracer.root("watch.fact").end();
    await answered(2);
    status = 200;
    heard = Promise.withResolvers();
    tracer.root("watch.fact").end();
    await heard.promise;
    await tracer[Symbol.asyncDispose]();
    expect(said).toEqual(["info tracing on", "warn spans do not reach their collector, dropped until they do", "info spans reach their collector again"]);
  });
  test("that is not there costs no more", async () => {
    const { url } = await collector(() => 200);
    server?.close();
    const said: string[] = [];
    const tracer = await openTracer({ service: "ca", env: json(url), log: { ...silentLog, warn: (_fields, message) => said.push(message) } });
    for (let count = 0; count < 3000; count += 1) tracer.root("watch.fact").end();
    await tracer[Symbol.asyncDispose]();
    expect(said[0]).toBe("spans do not reach their collector, dropped until they do");
    expect(said.length).toBeLessThanOrEqual(2);
  });
  test("is not known where a variable cannot be read, which is named and not shown", async () => {
    const lines: string[] = [];
    const log: Log = { ...silentLog, warn: (fields, message) => void lines.push(JSON.stringify({ fields, message })) };
    await using tracer = await openTracer({ service: "ca", env: { OTEL_EXPORTER_OTLP_ENDPOINT: "me:hunter2@collector" }, log });
    expect(tracer.root("watch.fact")).toBe(noSpan);
    expect(lines).toEqual(['{"fields":{"variables":["OTEL_EXPORTER_OTLP_ENDPOINT"]},"message":"tracing variables not understood, passed over"}']);
  });
});
