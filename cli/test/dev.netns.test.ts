import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { needs, programPath } from "@osm/testkit";
import { afterEach, expect, test } from "vitest";
import { runOsm } from "./running-osm.ts";
import { grant, shopFolder } from "./shop-folder.ts";

const buy = "GET http://web.shop/buy";
/** An answer of the stand-in, as a call's line has it. */
const answered = ": 200  {";
const patience = 180_000;
const made: string[] = [];
afterEach(() => made.splice(0).forEach((dir) => rmSync(dir, { recursive: true })));

function folder(options: { readonly declared: boolean }): string {
  const dir = shopFolder(options);
  made.push(dir);
  return dir;
}

needs("root", "netns", "ip", "iptables", "envoy")("osm dev", () => {
  const osm = (cwd: string, ...argv: readonly string[]) => runOsm(["dev", ...argv], { cwd, envoyBin: programPath("envoy") });

  test("once: calls are answered as the policies say, and the exit code tells whether as expected", async () => {
    const cwd = folder({ declared: false });
    const expectations = [
      `shop/buyer ${buy} = allowed`, "shop/buyer GET http://web.shop/steal = 403", `shop/thief ${buy} = denied`,
      "shop/buyer TCP tcp://web.shop:9000 = allowed", "shop/thief TCP tcp://web.shop:9000 = denied",
    ];
    const calls = expectations.flatMap((each) => ["--call", each]);
    const good = await osm(cwd, "-f", ".", "--namespace", "shop", "--once", ...calls).ended;
    expect(good.text).toContain("3 proxies have it all; 0 errors, 0 warnings, 0 of 5 calls not as expected");
    expect(good.text).toContain(`shop/buyer ${buy}: 200  {"pod":"web","method":"GET","path":"/buy","caller":"By=spiffe://`);
    expect(good.code).toBe(0);

    const bad = await osm(cwd, "-f", ".", "--namespace", "shop", "--once", "--call", `shop/thief ${buy} = allowed`).ended;
    expect(bad.text).toContain("NOT as expected (allowed)");
    expect(bad.code).toBe(1);
  }, patience);

  test("once: what is wrong is named with file, object, field and remedy, and fails", async () => {
    const cwd = folder({ declared: false });
    writeFileSync(join(cwd, "grant.yaml"), grant("wep"));
    writeFileSync(join(cwd, "broken.yaml"), "a: [");
    const { code, text } = await osm(cwd, "-f", "apps.yaml", "-f", "grant.yaml", "-f", "broken.yaml", "--namespace", "shop", "--once").ended;
    expect(text).toMatch(/^error: grant\.yaml: TrafficTarget\/shop\/buyer at spec\.rules.*: there is no HTTPRouteGroup wep in this namespace; create it/m);
    expect(text).toMatch(/^error: broken\.yaml line \d+: .*; correct it, until then what was read from it before stays$/m);
    expect(text).not.toContain("osm-dev-");
    expect(code).toBe(1);
  }, patience);

  test("once: a namespace that no manifest declares is pointed out", async () => {
    const cwd = folder({ declared: false });
    const strict = await osm(cwd, "-f", ".", "--once", "--fail-on", "warning").ended;
    expect(strict.text).toContain("no manifest declares namespace shop, so nothing in it runs or counts; add its Namespace to the manifests, or --namespace shop");
    expect(strict.code).toBe(1);
  }, patience);

  test("stays up: an edit is told with its time to the last ACK, a mistake as long as it stands, and nothing is left", async () => {
    const cwd = folder({ declared: true });
    const running = osm(cwd, "-f", ".", "--call", `shop/buyer ${buy} = allowed`);
    await running.says("3 proxies have what the manifests say");
    await running.says(answered);
    await running.says("Ctrl-C ends");
    running.type(`shop/thief ${buy} = denied`);
    await running.says("refused, the connection was ended");
    running.type("shop/nobody GET http://web.shop/");
    await running.says("there are shop/buyer, shop/thief, shop/web");

    writeFileSync(join(cwd, "grant.yaml"), grant("wep"));
    expect(await running.says("file to last ACK")).toMatch(/^grant\.yaml: TrafficTarget\/shop\/buyer: 3 proxies have it {2}\[file to last ACK: \d+ ms\]$/);
    await running.says("error: grant.yaml: TrafficTarget/shop/buyer at spec.rules");
    await running.says("NOT as expected (allowed)");
    writeFileSync(join(cwd, "grant.yaml"), grant("web"));
    await running.says("no more: error: grant.yaml");
    await running.says(answered);

    const apps = readFileSync(join(cwd, "apps.yaml"), "utf8");
    writeFileSync(join(cwd, "apps.yaml"), "a: [");
    await running.says("error: apps.yaml line");
    running.type(`shop/buyer ${buy}`);
    await running.says(answered);
    writeFileSync(join(cwd, "apps.yaml"), apps.replace("metadata: {name: thief, namespace: shop}\nspec:", "metadata: {name: thief, namespace: shop}\nspec:\n  replicas: 2"));
    await running.says("no more: error: apps.yaml");
    await running.says("2 of 2 ready");

    running.interrupt();
    const { code } = await running.ended;
    expect(code).toBe(0);
    expect(readdirSync("/run/netns").filter((name) => name.includes("-shop.thief-"))).toEqual([]);
  }, patience);
});
