import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { meshName } from "@osm/model";
import { nodeArguments } from "@osm/runtime";
import { freePort } from "@osm/testkit";
import { z } from "zod";
import { createTokenKey, issuer } from "../../../services/xds/test/tokens.ts";
import { startBackbone, writeFiles, type User } from "./backbone.ts";
import { countChanges, type Contest, type Contestant } from "./contestant.ts";
import { newRoot, serverPem, trustDomain } from "./credentials.ts";
import { startLineProcess } from "./line-process.ts";
import { changed } from "./load.ts";
import { startServiceProcess } from "./service-process.ts";
import { shownTo } from "./shown.ts";

const said = z.object({ event: z.literal("said"), at: z.number() });
const mesh = meshName("osm");

/** Our mesh with each service a process of its own, on a real NATS and Redis; facts are told by one with a watcher's rights. */
export async function startApart(contest: Contest, nodeArgs: readonly string[] = []): Promise<Contestant> {
  const { load, compiled, core } = contest;
  await using starting = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), "osm-bench-"));
  starting.defer(() => rm(dir, { recursive: true, force: true }));
  const controlPlane = await newRoot("bench-control-plane");
  const [key, port] = [createTokenKey("bench"), await freePort()];
  const shown = await serverPem(controlPlane);
  await writeFiles(join(dir, "xds"), { "jwks.json": JSON.stringify({ keys: [key.jwk] }), "tls.crt": shown.certificate, "tls.key": shown.key });
  const backbone = starting.use(await startBackbone({ mesh, dir: join(dir, "backbone"), tls: shown, root: controlPlane.certPem, core }));

  const program = join(import.meta.dirname, "teller-process.ts");
  const teller = starting.use(startLineProcess({ command: [process.execPath, program, backbone.busUrl("watcher")], core, event: said }));
  await teller.ask({ op: "begin", facts: compiled.facts });
  const start = async (service: User, env: Readonly<Record<string, string>>) => {
    const urls = { OSM_BUS_URL: backbone.busUrl(service), OSM_STORE_URL: backbone.storeUrl(service) };
    const usual = { OSM_MESH_NAME: mesh, OSM_REPLICA: `${service}-0`, OSM_HEALTH_PORT: "0", OSM_LOG_LEVEL: "info", ...urls };
    const argv = [process.execPath, ...nodeArguments, ...nodeArgs, mainOf(service)] as const;
    return starting.use(await startServiceProcess({ name: service, argv, env: { ...usual, ...env }, core, ready: /"message":"ready"/ }));
  };
  const services = [
    await start("ca", { OSM_TRUST_DOMAIN: trustDomain, OSM_CA_ROOT_DIR: join(dir, "ca"), OSM_CA_CREATE_ROOT: "true" }),
    await start("compiler", { OSM_TRUST_DOMAIN: trustDomain }),
    await start("xds", { OSM_XDS_ADDRESS: `127.0.0.1:${port}`, OSM_XDS_TLS_DIR: join(dir, "xds"), OSM_TOKEN_ISSUERS: issuer, OSM_TOKEN_KEYS: join(dir, "xds/jwks.json") }),
  ];
  const roundOf = countChanges();
  const running = starting.move();
  return {
    ...shownTo(contest, key),
    name: "ours, apart",
    server: { address: `127.0.0.1:${port}`, name: "localhost", root: controlPlane.certPem },
    pids: Object.fromEntries([...services, ...backbone.servers].map(({ name, pid }) => [name, pid])),
    change: async (kind) => (await teller.ask({ op: "say", facts: [changed(load, kind, roundOf(kind))] })).at,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  };
}

function mainOf(service: User): string {
  return fileURLToPath(new URL("main.ts", import.meta.resolve(`@osm/${service}`)));
}
