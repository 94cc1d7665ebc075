import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decodeDeltaRequest, deltaResponse, isSettled, newStream, sealResource, step, type AdsEvent, type Change, type Target } from "@osm/ads";
import type { CompiledMesh } from "@osm/compile";
import { keptStats } from "@osm/inject";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { digestOf, trustSecret, typeUrls, wholeLists, xdsTypeOf, xdsTypes, type Resource, type View, type XdsType } from "@osm/model";
import { programPath } from "@osm/testkit";

/** One running Envoy that is handed one view after the other over a single delta-ADS stream. */
export interface OneEnvoy extends AsyncDisposable {
  readonly pid: number;
  /** Gives it a view, and waits for the last ACK. @returns Envoy's words for every response it rejected. */
  load(mesh: CompiledMesh, view: View, secrets: readonly Resource[]): Promise<readonly string[]>;
}

/** Name → resource, by type: what the Envoy should have. */
type World = ReadonlyMap<string, Resource>;
const keyOf = (type: XdsType, name: string) => `${type} ${name}`;

export async function startEnvoy(): Promise<OneEnvoy> {
  const dir = await mkdtemp(join(tmpdir(), "osm-one-envoy-"));
  const ads = await serveAds(`unix:${join(dir, "ads.sock")}`);
  const envoy = spawnEnvoy(join(dir, "ads.sock"));
  const ended = died(envoy);
  ended.catch(() => undefined);
  await Promise.race([ads.connected, ended]);
  return {
    pid: envoy.pid ?? 0,
    load: (mesh, view, secrets) => Promise.race([ads.give(worldOf(mesh, view, secrets)), ended]),
    [Symbol.asyncDispose]: async () => {
      envoy.kill("SIGKILL");
      ads.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

function worldOf(mesh: CompiledMesh, view: View, secrets: readonly Resource[]): World {
  const whole = wholeLists(mesh.offerings)(view);
  const listed = Object.values(whole.resources).flatMap((refs) => refs.flatMap(({ digest }) => mesh.resources.get(digest) ?? []));
  const assigned = mesh.assignments.filter(({ name }) => whole.endpoints.includes(name));
  const roots = secrets.find(({ name }) => name === trustSecret);
  return new Map([...listed.map((each) => (each.type === "SDS" && roots ? withRoots(each, roots) : each)), ...assigned, ...secrets].map((resource) => [keyOf(resource.type, resource.name), resource]));
}

/** As a stream of the product would be served it. */
function withRoots(callers: Resource, roots: Resource): Resource {
  const bytes = Buffer.concat([roots.bytes, callers.bytes]);
  return { ...callers, bytes, digest: digestOf(bytes) };
}

async function serveAds(address: string) {
  const connected = Promise.withResolvers<void>();
  const settled: { wait: PromiseWithResolvers<void> } = { wait: Promise.withResolvers() };
  let world: World = new Map();
  let state = newStream();
  let call: ServerDuplexStream<Buffer, Buffer> | undefined;
  let words: string[] = [];
  const known = new Map<string, Resource>();
  const target: Target = {
    version: (type, name) => world.get(keyOf(type, name))?.digest ?? "absent",
    names: (type) => [...world.values()].filter((each) => each.type === type).map(({ name }) => name),
    needs: (type, _name, version) => known.get(`${type} ${version}`)?.needs,
  };
  const on = (event: AdsEvent) => {
    const next = step(state, event, target);
    state = next.state;
    for (const { type, nonce, put, removed } of next.send) {
      const sealed = put.map(({ name, version }) => sealResource({ typeUrl: typeUrls[type], name, version, bytes: known.get(`${type} ${version}`)?.bytes ?? new Uint8Array() }));
      call?.write(Buffer.concat(deltaResponse({ typeUrl: typeUrls[type], nonce, sealed, removed })));
    }
    words.push(...next.answers.flatMap(({ type, error }) => (error === undefined ? [] : [`${type}: ${error}`])));
    if (isSettled(state) && asked()) settled.wait.resolve();
  };
  const asked = () => xdsTypes.every((type) => ![...world.values()].some((each) => each.type === type) || state.types[type].asked);

  const server = new Server();
  const raw = (bytes: Buffer) => bytes;
  const path = "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";
  const codec = { requestSerialize: raw, requestDeserialize: raw, responseSerialize: raw, responseDeserialize: raw };
  server.addService(
    { Delta: { path, requestStream: true, responseStream: true, ...codec } },
    {
      Delta: (opened: ServerDuplexStream<Buffer, Buffer>) => {
        call = opened;
        opened.on("error", () => undefined);
        opened.on("data", (bytes: Buffer) => {
          const { typeUrl, ...request } = decodeDeltaRequest(bytes);
          const type = xdsTypeOf(typeUrl);
          if (type) on({ kind: "request", request: { type, ...request } });
        });
        connected.resolve();
      },
    },
  );
  await promisify(server.bindAsync.bind(server))(address, ServerCredentials.createInsecure());

  const give = async (next: World): Promise<readonly string[]> => {
    for (const resource of next.values()) known.set(`${resource.type} ${resource.digest}`, resource);
    const changes = changesBetween(world, next);
    [world, words, settled.wait] = [next, [], Promise.withResolvers()];
    on({ kind: "retarget", changes });
    await settled.wait.promise;
    return words;
  };
  return { connected: connected.promise, give, close: () => server.forceShutdown() };
}

function changesBetween(before: World, after: World): readonly Change[] {
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => {
    const [old, next] = [before.get(key), after.get(key)];
    const resource = next ?? old;
    return !resource || old?.digest === next?.digest ? [] : [{ type: resource.type, name: resource.name, from: old?.digest ?? "absent" }];
  });
}

/** In a network of its own, so that its ports are nobody else's. */
function spawnEnvoy(socket: string): ChildProcess {
  const bootstrap = {
    node: { id: "one", cluster: "one" },
    dynamic_resources: {
      ads_config: { api_type: "DELTA_GRPC", transport_api_version: "V3", set_node_on_first_message_only: true, grpc_services: [{ envoy_grpc: { cluster_name: "ads" } }] },
      cds_config: { ads: {}, resource_api_version: "V3" },
      lds_config: { ads: {}, resource_api_version: "V3" },
    },
    static_resources: {
      clusters: [
        {
          name: "ads",
          typed_extension_protocol_options: {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
              "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
              explicit_http_config: { http2_protocol_options: {} },
            },
          },
          load_assignment: { cluster_name: "ads", endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: socket } } } }] }] },
        },
      ],
    },
    stats_config: keptStats,
    layered_runtime: { layers: [{ name: "base", static_layer: { "re2.max_program_size.error_level": 4096 } }] },
  };
  const envoy = [programPath("envoy"), "--config-yaml", JSON.stringify(bootstrap), "--concurrency", "1", "--disable-hot-restart", "--drain-time-s", "1", "-l", "critical"];
  return spawn("unshare", ["--net", "--", ...envoy], { stdio: "ignore" });
}

async function died(envoy: ChildProcess): Promise<never> {
  const [code] = await once(envoy, "exit");
  throw new Error(`Envoy ended with ${String(code)}`);
}
