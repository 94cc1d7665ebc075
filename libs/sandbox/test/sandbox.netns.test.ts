import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSandbox, type PodSpec, type Sandbox } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { get, server, share } from "./fixtures/apps.ts";
import { tracesOf } from "./fixtures/traces.ts";

let heard: (fields: object) => void = () => undefined;
const log = { info: () => undefined, warn: (fields: object) => heard(fields) };

function podSpec(name: string, change: Partial<PodSpec> = {}): PodSpec {
  return {
    namespace: "shop",
    name,
    serviceAccount: name,
    labels: { app: name },
    ports: [{ name: "http", containerPort: 8080 }],
    command: { argv: server(8080), env: {} },
    sidecar: false,
    ...change,
  };
}

const web = { namespace: "shop", name: "web", clusterIP: "10.96.0.7", selector: { app: "web" }, ports: [{ name: "http", port: 80, targetPort: "http" }] };

needs("root", "netns", "ip", "iptables")("a sandbox", () => {
  let dir = "";
  let sandbox: Sandbox;
  const closing = new AbortController();
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "sandbox-"));
    sandbox = await openSandbox({ dir, signal: closing.signal, log, envoyBin: "", share });
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });
  const slice = (): unknown => {
    const file = readdirSync(sandbox.clusterDir).find((name) => name.startsWith("endpointslice.shop.web-"));
    return file && parse(readFileSync(join(sandbox.clusterDir, file), "utf8"));
  };

  test("lets pods call each other and the host, each from its own address", async () => {
    await using a = await sandbox.startPod(podSpec("a"));
    await using b = await sandbox.startPod(podSpec("b"));
    expect(await a.exec(get(`http://${b.ip}:8080/`))).toEqual({ code: 0, stdout: `${a.ip} 1000`, stderr: "" });

    const host = createServer((request, response) => response.end(request.socket.remoteAddress)).listen(0, sandbox.hostAddress);
    await once(host, "listening");
    const address = host.address();
    const port = typeof address === "object" ? address?.port : undefined;
    expect((await b.exec(get(`http://${sandbox.hostAddress}:${port}/`))).stdout).toBe(b.ip);
    host.close();
  });

  test("gives pods the names of services, also of those that come later", async () => {
    await using a = await sandbox.startPod(podSpec("a"));
    expect((await a.exec(["getent", "hosts", "web.shop"])).code).not.toBe(0);
    sandbox.applyServices([web]);
    expect((await a.exec(["getent", "hosts", "web.shop.svc.cluster.local"])).stdout).toMatch(/^10\.96\.0\.7 /);
    expect((await a.exec(["getent", "hosts", "web"])).stdout).toMatch(/^10\.96\.0\.7 /);
    expect((await a.exec(["cat", "/etc/hosts"])).stdout).toContain(`${a.ip} a\n`);
  });

  test("tells the cluster of a graceful stop before it kills", async () => {
    sandbox.applyServices([web]);
    const pod = await sandbox.startPod(podSpec("web"));
    expect(slice()).toMatchObject({ ports: [{ port: 8080 }], endpoints: [{ addresses: [pod.ip], conditions: { ready: true } }] });
    pod.setReady(false);
    expect(slice()).toMatchObject({ endpoints: [{ conditions: { ready: false, terminating: false } }] });
    pod.setReady(true);

    const seen: unknown[] = [];
    await pod.stop({ graceful: true, beforeKill: async () => void seen.push(slice(), (await pod.exec(get("http://127.0.0.1:8080/"))).stdout) });
    expect(seen).toMatchObject([{ endpoints: [{ conditions: { ready: false, serving: true, terminating: true } }] }, "127.0.0.1 1000"]);
    expect(slice()).toMatchObject({ endpoints: [] });
    expect(tracesOf(sandbox.id).filter((name) => name.endsWith("shop.web"))).toEqual([]);
  });

  test("sends SIGTERM on a graceful stop, and nothing else before the app has ended", async () => {
    const script = `process.once("SIGTERM", () => { console.log("asked to end"); process.exit(); }); ${server(8080)[2]}`;
    const polite = await sandbox.startPod(podSpec("polite", { command: { argv: [process.execPath, "-e", script], env: {} } }));
    await polite.stop({ graceful: true });
    expect(await polite.logs("app")).toBe("asked to end\n");
  });

  test("says why an app does not come up, and leaves nothing of its pod", async () => {
    const broken = podSpec("broken", { command: { argv: ["sh", "-c", "echo no database; exit 3"], env: {} } });
    await expect(sandbox.startPod(broken)).rejects.toThrow("app of shop/broken ended with code 3: no database");
    expect(tracesOf(sandbox.id).filter((name) => name.endsWith("shop.broken"))).toEqual([]);
    await using again = await sandbox.startPod(podSpec("broken"));
    await expect(sandbox.startPod(podSpec("broken"))).rejects.toThrow("there already");
    expect(again.name).toBe("broken");
  });

  test("takes a pod whose app has ended out of service", async () => {
    sandbox.applyServices([web]);
    const script = `require("node:http").createServer(() => process.exit(7)).listen(8080)`;
    await using pod = await sandbox.startPod(podSpec("web", { command: { argv: [process.execPath, "-e", script], env: {} } }));
    const warned = new Promise<object>((resolve) => (heard = (fields) => setImmediate(resolve, fields)));
    await pod.exec(get("http://127.0.0.1:8080/"));
    expect(await warned).toEqual({ namespace: "shop", pod: "web", container: "app", code: 7 });
    expect(slice()).toMatchObject({ endpoints: [{ conditions: { ready: false } }] });
  });

  test("lets pods read what is shared below a closed directory, and nothing else there", async () => {
    const home = mkdtempSync(join(tmpdir(), "closed-"));
    mkdirSync(join(home, "project", "code"), { recursive: true });
    writeFileSync(join(home, "project", "code", "app.cjs"), server(8080)[2] ?? "");
    writeFileSync(join(home, "secret"), "");
    const shared = [...share, join(home, "project")];
    await using inside = await openSandbox({ dir: join(home, "project", "run"), signal: closing.signal, log, envoyBin: "", share: shared });
    await using pod = await inside.startPod(podSpec("a", { command: { argv: [process.execPath, join(home, "project", "code", "app.cjs")], env: {} } }));
    expect((await pod.exec(get("http://127.0.0.1:8080/"))).stdout).toBe("127.0.0.1 1000");
    expect((await pod.exec(["ls", home])).stdout).toBe("project\n");
    expect(readdirSync(home).toSorted()).toEqual(["project", "secret"]);
    rmSync(home, { recursive: true });
  });

  test("stands beside another one, on another network", async () => {
    await using other = await openSandbox({ dir, signal: closing.signal, log, envoyBin: "", share });
    expect(other.hostAddress).not.toBe(sandbox.hostAddress);
    await using pod = await other.startPod(podSpec("a"));
    expect((await pod.exec(get("http://127.0.0.1:8080/"))).stdout).toBe("127.0.0.1 1000");
  });

  test("is gone without a trace when it is closed, with pods that just start", async () => {
    const own = new AbortController();
    const last = await openSandbox({ dir, signal: own.signal, log, envoyBin: "", share });
    await last.startPod(podSpec("a"));
    const starting = last.startPod(podSpec("b"));
    starting.catch(() => undefined);
    own.abort();
    await last[Symbol.asyncDispose]();
    await expect(starting).rejects.toThrow();
    expect(tracesOf(last.id)).toEqual([]);
    expect(existsSync(join(dir, "pods", last.id))).toBe(false);
    expect(readdirSync(last.clusterDir).filter((name) => name.includes(last.id))).toEqual([]);
    await expect(last.startPod(podSpec("c"))).rejects.toThrow("closed");
  });
});
