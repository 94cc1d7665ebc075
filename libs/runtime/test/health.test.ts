import { describe, expect, test } from "vitest";
import { createHealth, createMetrics, serveHealth, version } from "../src/index.ts";

async function asked(port: number, path: string): Promise<{ readonly status: number; readonly body: string }> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`);
  return { status: response.status, body: await response.text() };
}

describe("the health server", () => {
  test("says why the service is not ready, and when it is", async () => {
    const health = createHealth();
    const facts = health.condition("facts synced");
    const peers = health.condition("peers known");
    await using server = await serveHealth({ port: 0, host: "127.0.0.1" }, health, { signal: new AbortController().signal });

    facts.unmet("waiting for Pod");
    peers.met();
    const before = await asked(server.port, "/readyz");
    expect(before.status).toBe(503);
    expect(JSON.parse(before.body)).toEqual({ ready: false, unmet: [{ condition: "facts synced", reason: "waiting for Pod" }] });
    expect(await asked(server.port, "/healthz")).toMatchObject({ status: 200 });

    facts.met();
    expect(await asked(server.port, "/readyz?verbose")).toEqual({ status: 200, body: '{"ready":true,"unmet":[]}\n' });
  });

  test("is not ready once the service stops, and answers until it is disposed", async () => {
    const stop = new AbortController();
    const server = await serveHealth({ port: 0, host: "127.0.0.1" }, createHealth(), stop);
    expect((await asked(server.port, "/readyz")).status).toBe(200);
    stop.abort();
    expect((await asked(server.port, "/readyz")).status).toBe(503);
    await server[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
    await expect(asked(server.port, "/healthz")).rejects.toThrow("fetch failed");
  });

  test("tells its version and its metrics, and knows nothing else", async () => {
    const metrics = createMetrics();
    metrics.counter({ name: "pushes_total", help: "Pushes." }).inc({}, 3);
    await using server = await serveHealth({ port: 0, host: "127.0.0.1", metrics }, createHealth(), new AbortController());
    expect(JSON.parse((await asked(server.port, "/version")).body)).toMatchObject({ version });
    expect((await asked(server.port, "/metrics")).body).toContain("pushes_total 3\n");
    expect((await asked(server.port, "/constructor")).status).toBe(404);
  });

  test("fails when its port is taken", async () => {
    await using first = await serveHealth({ port: 0, host: "127.0.0.1" }, createHealth(), new AbortController());
    await expect(serveHealth({ port: first.port, host: "127.0.0.1" }, createHealth(), new AbortController())).rejects.toThrow("EADDRINUSE");
  });
});

describe("health", () => {
  test("starts unmet and refuses a second condition of a name", () => {
    const health = createHealth();
    health.condition("synced");
    expect(health.unmet()).toEqual([{ condition: "synced", reason: "not yet" }]);
    expect(() => health.condition("synced")).toThrow(TypeError);
  });
});
