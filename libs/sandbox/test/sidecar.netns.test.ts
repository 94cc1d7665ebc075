import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTokenIssuer, meshRecipe, openSandbox, type PodSpec, type Sandbox, type SidecarRecipe } from "@osm/sandbox";
import { needs, programPath } from "@osm/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { get, server, share } from "./fixtures/apps.ts";
import { openTokenServer, serverName } from "./fixtures/token-server.ts";

const log = { info: () => undefined, warn: () => undefined };
const tokens = createTokenIssuer();
const proxy = 1500;

function podSpec(name: string, sidecar: boolean): PodSpec {
  const ports = [{ name: "http", containerPort: 8080 }];
  return { namespace: "shop", name, serviceAccount: "clerk", labels: {}, ports, command: { argv: server(8080), env: {} }, sidecar };
}

function claimsOf(token: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
}

needs("root", "netns", "ip", "iptables")("a pod with a stand-in for Envoy", () => {
  // Port 81 leads to the app, whoever asks; the stand-in answers where Envoy's admin server would.
  const rules = ["*nat", ":HAND_MADE - [0:0]", "-A OUTPUT -p tcp --dport 81 -j HAND_MADE", "-A HAND_MADE -p tcp -j REDIRECT --to-ports 8080", "COMMIT", ""];
  const recipe: SidecarRecipe = {
    rules: () => rules.join("\n"),
    envoyArgs: (pod) => ["-e", `require("node:http").createServer((q, r) => r.end(process.getuid() + q.method + q.url + " ${pod.uid}")).listen(15000, "127.0.0.1")`],
    trust: () => ({ "ca.crt": `root ${++roots}` }),
    tokens,
    audience: "osm.test",
    tokenLifetimeSec: 600,
  };
  let roots = 0;
  let dir = "";
  let sandbox: Sandbox;
  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "sandbox-"));
    sandbox = await openSandbox({ dir, signal: new AbortController().signal, log, envoyBin: process.execPath, sidecar: recipe, share });
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });
  const volume = (name: string) => join(dir, "pods", sandbox.id, `shop.${name}`);

  test("has its own rules in force, and only it", async () => {
    await using captured = await sandbox.startPod(podSpec("captured", true));
    await using plain = await sandbox.startPod(podSpec("plain", false));
    const target = get(`http://${plain.ip}:81/`);
    expect((await captured.exec(target)).stdout).toBe(`${captured.ip} 1000`);
    expect((await plain.exec(target)).stdout).toBe("ECONNREFUSED");
    expect((await captured.exec(["iptables-save", "-t", "nat"], { user: 0 })).stdout).toContain("-A OUTPUT -p tcp -m tcp --dport 81 -j HAND_MADE");
    expect((await plain.exec(["iptables-save", "-t", "nat"], { user: 0 })).stdout).not.toContain("HAND_MADE");
  });

  test("asks its admin server inside the pod", async () => {
    await using pod = await sandbox.startPod(podSpec("asked", true));
    expect(await pod.admin("/ready")).toBe(`1500GET/ready ${pod.uid}`);
    expect(await pod.admin("/quitquitquit", "POST")).toBe(`1500POST/quitquitquit ${pod.uid}`);
    expect((await pod.exec(get(`http://${pod.ip}:15000/`))).stdout).toBe("ECONNREFUSED");
  });

  test("hands the sidecar a token that the app cannot read, and a new one in its place", async () => {
    await using pod = await sandbox.startPod(podSpec("bearer", true));
    const path = join(volume("bearer"), "token", "token");
    const held = async () => claimsOf((await pod.exec(["cat", path], { user: proxy })).stdout);
    const first = await held();
    expect(first).toMatchObject({ aud: ["osm.test"], "kubernetes.io": { pod: { name: "bearer", uid: pod.uid } } });
    expect((await pod.exec(["cat", path])).code).not.toBe(0);
    pod.renewToken();
    const second = await held();
    expect(second["jti"]).not.toBe(first["jti"]);
    expect(readdirSync(join(volume("bearer"), "token")).filter((name) => /^\.\.[0-9a-f]{12}$/.test(name))).toHaveLength(1);
  });

  test("gets the mesh's present roots when told to look again", async () => {
    await using pod = await sandbox.startPod(podSpec("trusting", true));
    const read = async () => (await pod.exec(["cat", join(volume("trusting"), "trust", "ca.crt")])).stdout;
    const before = await read();
    sandbox.refreshTrust();
    expect([before, await read()]).toEqual([`root ${roots - 1}`, `root ${roots}`]);
  });

  test("counts as meshed", async () => {
    await using pod = await sandbox.startPod(podSpec("meshed", true));
    const file = readdirSync(sandbox.clusterDir).find((name) => name.startsWith("pod.shop.meshed."));
    const { stdout } = await pod.exec(["cat", join(sandbox.clusterDir, file ?? "")], { user: 0 });
    expect(parse(stdout)).toMatchObject({ metadata: { uid: pod.uid }, spec: { containers: [{ name: "app" }, { name: "envoy" }] } });
  });
});

needs("root", "netns", "ip", "iptables", "envoy", "openssl")("a pod with a real Envoy", () => {
  let dir = "";
  beforeAll(() => void (dir = mkdtempSync(join(tmpdir(), "sandbox-"))));
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  test("is captured by the injector's rules, and shows its control plane the token it has at the time", async () => {
    const xds = { port: 0, certificate: "" };
    const recipe = meshRecipe({
      xds: (pod) => ({ host: pod.hostAddress, port: xds.port, serverName }),
      roots: () => [xds.certificate],
      tokens,
      audience: "osm.test",
      tokenLifetimeSec: 600,
      capture: {},
      logLevel: "warning",
    });
    await using sandbox = await openSandbox({ dir, signal: new AbortController().signal, log, envoyBin: programPath("envoy"), sidecar: recipe, share });
    await using control = await openTokenServer(sandbox.hostAddress);
    Object.assign(xds, control);
    await using plain = await sandbox.startPod(podSpec("plain", false));
    await using meshed = await sandbox.startPod(podSpec("meshed", true));
    expect(JSON.parse(await meshed.admin("/server_info"))).toMatchObject({ node: { id: meshed.uid, cluster: "clerk.shop" } });

    // Without listeners nobody takes what is captured; what the proxy's user sends goes its way.
    const target = get(`http://${plain.ip}:8080/`);
    expect((await meshed.exec(target)).stdout).toBe("ECONNREFUSED");
    expect((await meshed.exec(target, { user: proxy })).stdout).toBe(`${meshed.ip} 1000`);
    expect((await plain.exec(get(`http://${meshed.ip}:8080/`))).stdout).toBe("ECONNREFUSED");

    const first = await control.nextToken();
    expect(claimsOf(first)).toMatchObject({ sub: "system:serviceaccount:shop:clerk", "kubernetes.io": { pod: { uid: meshed.uid } } });
    meshed.renewToken();
    let next = first;
    while (next === first) next = await control.nextToken();
    expect(claimsOf(next)["jti"]).not.toBe(claimsOf(first)["jti"]);

    await meshed.stop({ graceful: true });
    expect(await meshed.logs("envoy")).not.toContain("critical");
  });
});
