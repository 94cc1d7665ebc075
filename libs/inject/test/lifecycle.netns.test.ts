import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { admitPod, injectionSettings } from "@osm/inject";
import { needs, programPath } from "@osm/testkit";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { z } from "zod";

const settings = injectionSettings.parse({
  mesh: "osm", meshNamespace: "osm-system", xds: { host: "osm-xds", port: 15128, serverName: "osm-xds" }, envoyImage: "envoy", initImage: "init", stopDelaySec: 0,
});
const hook = z.object({ exec: z.object({ command: z.array(z.string()) }) });
const shape = z.looseObject({ name: z.string(), command: z.array(z.string()).optional(), lifecycle: z.object({ postStart: hook, preStop: hook }).optional() });

/** The containers that a plain pod is given, with the helper at another place. */
function given(helperDir: string) {
  const namespace = { name: "shop", labels: { "openservicemesh.io/monitored-by": "osm" }, annotations: { "openservicemesh.io/sidecar-injection": "enabled" } };
  const admission = admitPod({ object: { metadata: {}, spec: { containers: [{ name: "app" }] } }, namespace, settings });
  if (admission.kind !== "injected") throw new Error(admission.kind);
  const made = admission.patch.flatMap(({ value }) => (Array.isArray(value) ? value : [value])).map((value) => shape.safeParse(value)).flatMap(({ data }) => (data ? [data] : []));
  const moved = (command: readonly string[] = []) => command.map((word) => word.replaceAll("/etc/osm/bin", helperDir));
  const [proxy, init] = ["envoy", "osm-init"].map((name) => made.find((each) => each.name === name));
  return { init: moved(init?.command), untilReady: moved(proxy?.lifecycle?.postStart.exec.command), untilAppEnded: moved(proxy?.lifecycle?.preStop.exec.command) };
}

needs("root", "netns", "iptables", "busybox")("the hooks of a plain proxy", () => {
  const dir = mkdtempSync(join(tmpdir(), "osm-hooks-"));
  afterAll(() => rmSync(dir, { recursive: true }));
  beforeAll(() => copyFileSync(programPath("busybox"), join(dir, "busybox")));
  const { init, untilReady, untilAppEnded } = given(dir);
  let app: ChildProcess | undefined;
  const running: ChildProcess[] = [];
  afterEach(() => running.splice(0).forEach((child) => void child.kill("SIGKILL")));

  /** Within the app's network. */
  const beside = (command: readonly string[]): ChildProcess => {
    const child = spawn("nsenter", [`--net=/proc/${app?.pid ?? 0}/ns/net`, "--", ...command], { stdio: ["ignore", "ignore", "pipe"] });
    running.push(child);
    return child;
  };
  const startApp = async (script: string, user = 0): Promise<ChildProcess> => {
    const program = `${script}; console.log("up")`;
    app = spawn("unshare", ["--net", "sh", "-c", `ip link set lo up && exec setpriv --reuid=${user} --clear-groups "${process.execPath}" -e '${program}'`], { stdio: ["pipe", "pipe", "inherit"] });
    running.push(app);
    if (app.stdout) await once(app.stdout, "data");
    return app;
  };
  const listenOn = (port: number) => `require("net").createServer().listen(${port}, "127.0.0.1")`;

  test("hold the app back until the proxy is ready", async () => {
    await startApp(`${listenOn(15_000)}; process.stdin.once("data", () => { ${listenOn(15_001)} })`);
    const held = beside(untilReady);
    const released = once(held, "exit");
    const looked = once(beside([...untilReady.slice(0, 3), "exit 0"]), "exit").then(() => "looked");
    expect(await Promise.race([released, looked])).toBe("looked");
    app?.stdin?.write("configured");
    expect(await released).toEqual([0, null]);
  });

  test("keep the proxy until the app's last socket is gone", async () => {
    const other = await startApp(listenOn(8080));
    const kept = beside(untilAppEnded);
    const ended = once(kept, "exit").then(() => "ended");
    const looked = once(beside([...untilAppEnded.slice(0, 3), "exit 0"]), "exit").then(() => "looked");
    expect(await Promise.race([ended, looked])).toBe("looked");
    other.kill("SIGKILL");
    expect(await ended).toBe("ended");
  });

  test("do not wait for the proxy's own sockets", async () => {
    await startApp(listenOn(15_001), 1500);
    expect(await once(beside(untilAppEnded), "exit")).toEqual([0, null]);
  });

  test("and osm-init writes the rules of both families, and leaves the helper", () => {
    rmSync(join(dir, "busybox"));
    const [shell = "", ...words] = init;
    const six = "ip link add d0 type veth peer name d1 && ip link set d1 up && ip link set d0 up && ip addr add fd00::1/64 dev d0 nodad";
    const script = `ip link set lo up && ${six} && "$@" && iptables -t nat -S OUTPUT && ip6tables -t nat -S OUTPUT`;
    const { status, stdout, stderr } = spawnSync("unshare", ["--net", "sh", "-c", script, "sh", shell, ...words], { encoding: "utf8" });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(stdout.match(/-j OSM_PROXY_OUTBOUND/g)).toHaveLength(2);
    expect(spawnSync(join(dir, "busybox"), ["true"]).status).toBe(0);
  });
});
