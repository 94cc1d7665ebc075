import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootDigest, sidecarArgs, trustFiles } from "@osm/inject";
import { needs, programPath } from "@osm/testkit";
import { afterAll, expect, test } from "vitest";
import { mountVolume } from "./mounted-volume.ts";
import { openStreamServer, selfSigned, type OpenedStream, type StreamServer } from "./stream-server.ts";

const serverName = "osm-xds.osm-system.svc";

needs("envoy", "openssl")("what a sidecar says of itself when it opens a stream", () => {
  const made: string[] = [];
  afterAll(() => made.forEach((dir) => rmSync(dir, { recursive: true })));

  // Once in some two hundred runs on a busy machine an Envoy did not come back after its roots were replaced; why is not known.
  const patience = { timeout: 20_000, retry: 1 };
  test("follows its mounted files: the token, the roots it trusts, and their digest", patience, async () => {
    const dir = mkdtempSync(join(tmpdir(), "osm-identity-"));
    made.push(dir);
    const [old, fresh] = [selfSigned(dir, { name: "old", serverName }), selfSigned(dir, { name: "fresh", serverName })];
    const [trustDir, tokenDir] = [join(dir, "trust"), join(dir, "token")];
    const filesOf = (roots: readonly string[]) => trustFiles({ trustDir, tokenDir, serverName, roots });
    const trust = mountVolume(trustDir, filesOf([old.cert]));
    const token = mountVolume(tokenDir, { token: "first.to.ken" });
    await using server = await openStreamServer(old);
    await using _envoy = startEnvoy(server.port, trustDir);

    const first = await server.next();
    expect(first.path).toBe("/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources");
    expect(said(first)).toEqual({ token: "first.to.ken", root: rootDigest([old.cert]) });

    token.replace({ token: "second.to.ken" });
    const second = await dropUntil(server, first, ({ headers }) => headers.authorization !== "first.to.ken");
    expect(said(second)).toEqual({ token: "second.to.ken", root: rootDigest([old.cert]) });

    const both = [fresh.cert, old.cert];
    trust.replace(filesOf(both));
    const third = await dropUntil(server, second, ({ headers }) => headers["x-osm-root"] === rootDigest(both));
    server.present(fresh);
    const fourth = await dropUntil(server, third, () => true);
    expect(said(fourth)).toEqual({ token: "second.to.ken", root: rootDigest(both) });
  });
});

function said({ headers }: OpenedStream): unknown {
  return { token: headers.authorization, root: headers["x-osm-root"] };
}

/** Envoy looks at its files when the kernel tells it, so a stream or two may still say the old. */
async function dropUntil(server: StreamServer, open: OpenedStream, wanted: (stream: OpenedStream) => boolean): Promise<OpenedStream> {
  open.drop();
  const next = await server.next();
  return wanted(next) ? next : dropUntil(server, next, wanted);
}

function startEnvoy(port: number, trustDir: string): AsyncDisposable {
  const settings = { podUid: "5f3a", namespace: "shop", serviceAccount: "web", xds: { host: "127.0.0.1", port, serverName }, trustDir, adminPort: 0, logLevel: "off", concurrency: 1 } as const;
  const envoy = spawn(programPath("envoy"), [...sidecarArgs(settings)], { stdio: "ignore" });
  const exited = once(envoy, "exit");
  return {
    [Symbol.asyncDispose]: async () => {
      envoy.kill("SIGKILL");
      await exited;
    },
  };
}
