import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { allComplete, openSandbox, runFolder, type DeploymentState, type FolderRun, type Pod, type Sandbox } from "@osm/sandbox";
import { needs } from "@osm/testkit";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { parse } from "yaml";
import { get, share } from "./fixtures/apps.ts";

const warned: string[] = [];
const log = { info: () => undefined, warn: (_fields: object, message: string) => void warned.push(message) };

/** Answers with a word of its environment. */
const speaker = [process.execPath, "-e", `require("node:http").createServer((q, r) => r.end(process.env.SAYS)).listen(8080)`];
const images = (image: string) => (image === "speaker:v1" ? { argv: speaker, env: {} } : undefined);

function shop(web: { readonly replicas?: number; readonly says?: string; readonly image?: string }): string {
  const { replicas = 1, says = "one", image = "speaker:v1" } = web;
  return `
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 8080}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: ${replicas}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}", ports: [{containerPort: 8080}], env: [{name: SAYS, value: ${says}}]}]}
`;
}

needs("root", "netns", "ip", "iptables")("Deployments of a folder", () => {
  let dir = "";
  let manifests = "";
  let sandbox: Sandbox;
  let run: FolderRun;
  let settled: (going: Pod) => Promise<void> = async () => undefined;
  const { signal } = new AbortController();

  const write = (text: string) => {
    const temporary = join(manifests, ".shop");
    writeFileSync(temporary, text);
    renameSync(temporary, join(manifests, "shop.yaml"));
  };
  const web = (all = run.deployments()): DeploymentState => {
    const found = all.get("shop/web");
    if (!found) throw new Error("no deployment shop/web");
    return found;
  };
  const stands = (holds: (state: DeploymentState) => boolean) => run.until((all) => web(all).complete && holds(web(all)));
  const addresses = (): unknown => {
    const slices = readdirSync(sandbox.clusterDir).filter((name) => name.startsWith("endpointslice.shop.web-"));
    return slices.map((name): unknown => parse(readFileSync(join(sandbox.clusterDir, name), "utf8")));
  };

  beforeAll(async () => {
    dir = mkdtempSync(join(tmpdir(), "folder-"));
    sandbox = await openSandbox({ dir, signal, log, envoyBin: "", share });
  });
  afterAll(async () => {
    await sandbox[Symbol.asyncDispose]();
    rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(async () => {
    warned.length = 0;
    settled = async () => undefined;
    manifests = join(dir, "manifests");
    mkdirSync(manifests);
    write(shop({}));
    run = await runFolder({ sandbox, folders: [manifests], images, settled: (going) => settled(going), log, signal });
    await run.until(allComplete);
  });
  afterEach(async () => {
    await run[Symbol.asyncDispose]();
    rmSync(manifests, { recursive: true });
  });

  test("run, are found by the name of their headless service, and end with the run", async () => {
    const [pod] = web().pods;
    expect(await pod?.exec(get("http://web.shop.svc.cluster.local:8080/"))).toMatchObject({ stdout: "one" });
    expect(addresses()).toMatchObject([{ endpoints: [{ addresses: [pod?.ip], conditions: { ready: true } }] }]);
    await run[Symbol.asyncDispose]();
    expect(addresses()).toMatchObject([{ endpoints: [] }]);
    await expect(run.until(() => false)).rejects.toThrow("has ended");
  });

  test("grow and shrink with their replicas, and the name leads to all of them", async () => {
    write(shop({ replicas: 3 }));
    await stands(({ pods }) => pods.length === 3);
    const [first, ...others] = web().pods;
    const hosts = (await first?.exec(["getent", "ahostsv4", "web.shop"]))?.stdout ?? "";
    for (const { ip } of web().pods) expect(hosts).toContain(`${ip} `);

    write(shop({ replicas: 1 }));
    await stands(({ pods }) => pods.length === 1);
    expect(web().pods).toEqual([first]);
    expect((await first?.exec(["getent", "ahostsv4", "web.shop"]))?.stdout).not.toContain(`${others[0]?.ip} `);
  });

  test("change their template without a moment without a ready pod", async () => {
    const [old] = web().pods;
    const seen: unknown[] = [];
    settled = async (going) => {
      const [next] = web().pods;
      const { stdout } = (await next?.exec(get(`http://${going.ip}:8080/`))) ?? { stdout: "" };
      seen.push(going.name, stdout, addresses(), web().stopping);
    };
    write(shop({ says: "two" }));
    await stands(({ pods }) => pods[0] !== old);
    const [next] = web().pods;
    expect((await next?.exec(get(`http://${next.ip}:8080/`)))?.stdout).toBe("two");
    const endpoints = expect.arrayContaining([
      expect.objectContaining({ addresses: [old?.ip], conditions: { ready: false, serving: true, terminating: true } }),
      expect.objectContaining({ addresses: [next?.ip], conditions: { ready: true, serving: true, terminating: false } }),
    ]);
    // Its endpoint was gone, and it still answered, when the callers were waited for.
    expect(seen).toEqual([old?.name, "one", [expect.objectContaining({ endpoints })], 1]);
  });

  test("keep their pods when the new template cannot run, and say which Deployment it is", async () => {
    const before = web().pods;
    write(shop({ image: "unheard-of:v1" }));
    await expect(run.until(() => false)).rejects.toThrow("deployment shop/web: no program stands for the image unheard-of:v1");
    expect(web()).toMatchObject({ outdated: before, pods: [], complete: false });
    expect(warned).toEqual(["pod not started"]);

    write(shop({}));
    await stands(({ failure }) => failure === undefined);
    expect(web().pods).toEqual(before);
  });

  test("go with their file or their namespace, and come back with it", async () => {
    rmSync(join(manifests, "shop.yaml"));
    await stands(({ replicas }) => replicas === 0);
    expect(web().pods).toEqual([]);

    const withoutNamespace = shop({}).split("---").slice(1).join("---");
    write(withoutNamespace);
    writeFileSync(join(manifests, "namespace.yaml"), "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    await stands(({ pods }) => pods.length === 1);
    rmSync(join(manifests, "namespace.yaml"));
    await stands(({ replicas }) => replicas === 0);
  });
});
