import { createServer } from "node:https";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRoot, generateKeyPair, parseAuthority, privateKeyPem, signServer } from "@osm/pki";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { keysFromCluster } from "../src/keys-from-cluster.ts";
import type { OwnCluster } from "../src/own-cluster.ts";
import { createTokenKey } from "./tokens.ts";

const answers: { status: number; body: string }[] = [];
const asked: { url: string; authorization: string }[] = [];
const first = createTokenKey("first");
const second = createTokenKey("second");
let clock = 0;
let accountDir = "";
let cluster: OwnCluster;
let close: () => void;

beforeAll(async () => {
  accountDir = await mkdtemp(join(tmpdir(), "osm-account-"));
  const now = Date.now() / 1000;
  const root = await createRoot({ commonName: "cluster", now, lifetimeSec: 3600 });
  const pair = await generateKeyPair();
  const { chainPem } = signServer({ publicKey: pair.publicKey, dnsNames: [], ips: ["127.0.0.1"], ca: parseAuthority("servers", root), now, validitySec: 3600 });
  await writeFile(join(accountDir, "ca.crt"), root.certPem);
  await writeFile(join(accountDir, "token"), "first-token\n");
  const server = createServer({ cert: chainPem, key: privateKeyPem(pair.privateKey).open() }, (request, response) => {
    asked.push({ url: request.url ?? "", authorization: request.headers.authorization ?? "" });
    const { status, body } = answers.shift() ?? { status: 500, body: "" };
    response.writeHead(status).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  cluster = { host: "127.0.0.1", port: String(address.port), accountDir };
  close = () => void server.close();
});
afterAll(async () => {
  close();
  await rm(accountDir, { recursive: true });
});

const jwks = (...keys: readonly { readonly jwk: object }[]) => JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });

describe("keys from the pod's own cluster", () => {
  test("are asked for with the account's token as it is now, and again only when that is wanted", async () => {
    const source = keysFromCluster(cluster, () => clock);
    answers.push({ status: 200, body: jwks(first) }, { status: 200, body: jwks(first, second) });
    const keys = await source.current();
    expect(await source.current()).toBe(keys);
    await writeFile(join(accountDir, "token"), "second-token\n");
    clock += 1000;
    expect(await source.refreshed()).not.toEqual(keys);
    expect(asked.splice(0)).toEqual([
      { url: "/openid/v1/jwks", authorization: "Bearer first-token" },
      { url: "/openid/v1/jwks", authorization: "Bearer second-token" },
    ]);
  });

  test("stay where the API server refuses, and a first refusal names its status and no token", async () => {
    const source = keysFromCluster(cluster, () => clock);
    answers.push({ status: 403, body: "second-token is refused" });
    const refused = await source.current().then(() => "", String);
    expect(refused).toContain("403");
    expect(refused).not.toContain("token is");
    clock += 1000;
    answers.push({ status: 200, body: jwks(first) }, { status: 500, body: "" });
    const keys = await source.current();
    clock += 1000;
    expect(await source.refreshed()).toBe(keys);
  });

  test("are not taken from a server that the account's authority does not vouch for", async () => {
    const other = await mkdtemp(join(tmpdir(), "osm-account-"));
    const { certPem } = await createRoot({ commonName: "other", now: Date.now() / 1000, lifetimeSec: 3600 });
    await writeFile(join(other, "ca.crt"), certPem);
    await writeFile(join(other, "token"), "third-token");
    asked.length = 0;
    await expect(keysFromCluster({ ...cluster, accountDir: other }, () => clock).current()).rejects.toThrow("could not be asked");
    expect(asked).toEqual([]);
    await rm(other, { recursive: true });
  });
});
