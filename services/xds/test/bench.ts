import { createMemoryBus, type MemoryBus } from "@osm/bus";
import type { Digest } from "@osm/model";
import { createRoot, generateKeyPair, parseAuthority, parseJwks, privateKeyPem, signLeaf, signServer } from "@osm/pki";
import { createMetrics, type Log } from "@osm/runtime";
import { createMemoryStore, type MemoryStore } from "@osm/store";
import { manualClock, type ManualClock } from "@osm/testkit";
import { decodeJson, encodeJson, outcomePayload, progressPayload, signRequest, verdictPayload, type OutcomePayload, type ProgressPayload, type VerdictPayload } from "@osm/wire";
import type { KeySource } from "../src/key-source.ts";
import { runXds, type XdsDeps } from "../src/xds.ts";
import { connect, type AdsClient, type Connecting } from "./ads-client.ts";
import { createSpeaker, identityOf, mesh, proxyOf, subjects, viewIdOf, type SpeakingCompiler } from "./mesh-said.ts";
import { connectSotw, type SotwClient } from "./sotw-client.ts";
import { clusterIssuer, createTokenKey, issuer, type TokenKey } from "./tokens.ts";

const yearSec = 365 * 86_400;
const trustDomain = "cluster.local";

/** Certificates are believed by TLS, so the clock begins at the machine's time. */
const start = Date.now();
const controlPlane = await createRoot({ commonName: "control-plane", now: start / 1000, lifetimeSec: yearSec });
const meshRoot = await createRoot({ commonName: "mesh", trustDomain, now: start / 1000, lifetimeSec: yearSec });
const workloads = parseAuthority("workloads", meshRoot);
const tls = await serverCertificate();

/** A clock that tells when something waits for it. */
export interface WatchedClock extends ManualClock {
  /** Resolves once somebody waits for this long, or did. */
  scheduled(afterMs: number): Promise<void>;
}

function watchedClock(from: number): WatchedClock {
  const clock = manualClock(from);
  const waits = new Map<number, PromiseWithResolvers<void>>();
  const waitOf = (afterMs: number) => {
    const wait = waits.get(afterMs) ?? Promise.withResolvers<void>();
    waits.set(afterMs, wait);
    return wait;
  };
  return {
    ...clock,
    schedule: (afterMs, run) => {
      waitOf(afterMs).resolve();
      return clock.schedule(afterMs, run);
    },
    scheduled: (afterMs) => waitOf(afterMs).promise,
  };
}

export interface Line {
  readonly level: keyof Log;
  readonly message: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

export interface RunningXds {
  readonly port: Promise<number>;
  readonly lines: readonly Line[];
  /** Resolves with the next line of this message, one that was written before included. */
  line(message: string): Promise<Line>;
  /** Value of a sample in Prometheus' text; 0 when there is none. */
  metric(sample: string): number;
  stop(): Promise<void>;
}

/** The keys of tokens, and who is asked where they cannot tell. */
export type Judging = KeySource & Pick<XdsDeps, "reviews">;

export interface Bench extends AsyncDisposable {
  readonly bus: MemoryBus;
  readonly store: MemoryStore;
  readonly clock: WatchedClock;
  readonly compiler: SpeakingCompiler;
  readonly key: TokenKey;
  /** Signs leaves of so many seconds, and says whom the mesh trusts. @returns how many it has signed. */
  startCa(lifeSec?: number): Promise<{ signed(): number }>;
  /** On a connection of its own, or on one that the test cuts. */
  start(keys?: Judging, line?: MemoryBus, replica?: string): RunningXds;
  /** A stream of a pod of this account, with a good token unless another is given. */
  open(xds: RunningXds, uid: string, options?: { readonly account?: string } & Partial<Connecting>): Promise<AdsClient>;
  /** The same in the protocol of the state of the world, over the method of this name. */
  openSotw(xds: RunningXds, uid: string, method?: string): Promise<SotwClient>;
  /** What the server is trusted by, PEM. */
  readonly root: string;
  /** A good token of a pod whose account has its name. */
  tokenOf(uid: string): string;
  /** Resolves once this many proxies have answered everything that was sent to them until now. */
  settled(proxies: number): Promise<void>;
  progress(check: (progress: ProgressPayload) => boolean): Promise<ProgressPayload>;
  /** The verdict on this version, once it is said. */
  verdict(digest: Digest, check?: (verdict: VerdictPayload) => boolean): Promise<VerdictPayload>;
  outcome(account: string, check: (outcome: OutcomePayload) => boolean): Promise<OutcomePayload>;
}

export function createBench(): Bench {
  const bus = createMemoryBus();
  const store = createMemoryStore();
  const clock = watchedClock(start);
  const key = createTokenKey("first");
  const closing = new AsyncDisposableStack();
  closing.use(bus);
  const keys: KeySource = { current: async () => jwksOf(key), refreshed: async () => jwksOf(key) };
  const compiler = createSpeaker(bus);
  let revision = 1000;
  const tokenOf = (uid: string) => key.token({ uid, identity: identityOf(uid), now: clock.now() });
  const progress: Bench["progress"] = (check) => said(bus, { subject: subjects.progress("xds-0"), decode: (bytes) => decodeJson(progressPayload, bytes), check });
  return {
    bus, store, clock, key, compiler, progress, tokenOf,
    root: controlPlane.certPem,
    openSotw: async (xds, uid, method = "StreamAggregatedResources") => {
      const client = connectSotw({ port: await xds.port, root: controlPlane.certPem, token: tokenOf(uid), method });
      closing.use(client);
      return client;
    },
    settled: async (proxies) => {
      const marked = ++revision;
      await compiler.compiled(marked);
      await progress((said) => said.revision === marked && said.settled === proxies);
    },
    startCa: async (lifeSec = 3600) => startCa({ bus, clock, lifeSec }),
    start: (source = keys, line = bus.connect(), replica = "xds-0") => {
      const xds = startXds({ bus: line, store, clock, keys: source, replica });
      closing.defer(xds.stop);
      return xds;
    },
    open: async (xds, uid, { account = uid, ...connecting } = {}) => {
      const token = key.token({ uid, identity: identityOf(account), now: clock.now() });
      const client = connect({ port: await xds.port, root: controlPlane.certPem, token, ...connecting });
      closing.use(client);
      return client;
    },
    verdict: (digest, check = () => true) => said(bus, { subject: subjects.verdict(digest), decode: (bytes) => decodeJson(verdictPayload, bytes), check }),
    outcome: (account, check) => said(bus, { subject: subjects.outcome(viewIdOf(account), "xds-0"), decode: (bytes) => decodeJson(outcomePayload, bytes), check }),
    [Symbol.asyncDispose]: () => closing[Symbol.asyncDispose](),
  };
}

/** A mesh of two clients and two services: `web` calls `cart`, `job` calls `mail`. */
export async function saidShop({ compiler, store, startCa }: Bench): Promise<void> {
  await startCa();
  await compiler.view({ account: "web", services: ["cart"] }, store);
  await compiler.view({ account: "job", services: ["mail"] }, store);
  await compiler.endpoints("cart", ["10.0.0.1"]);
  await compiler.endpoints("mail", ["10.0.0.2"]);
  for (const uid of ["web", "job"]) await compiler.proxy(proxyOf(uid, uid));
  await compiler.compiled(1);
}

export function jwksOf(...keys: readonly TokenKey[]) {
  return parseJwks(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
}

async function serverCertificate() {
  const pair = await generateKeyPair();
  const ca = parseAuthority("servers", controlPlane);
  const { chainPem } = signServer({ publicKey: pair.publicKey, dnsNames: ["localhost"], ips: ["127.0.0.1"], ca, now: start / 1000, validitySec: yearSec });
  return { certificate: chainPem, key: privateKeyPem(pair.privateKey).open() };
}

async function startCa({ bus, clock, lifeSec }: { readonly bus: MemoryBus; readonly clock: ManualClock; readonly lifeSec: number }) {
  let count = 0;
  await bus.respond(subjects.callCaSign, async (bytes) => {
    const { identity, csr } = decodeJson(signRequest, bytes);
    count++;
    const leaf = signLeaf({ csrDer: Buffer.from(csr, "base64"), identity, trustDomain, ca: workloads, now: clock.now() / 1000, validitySec: lifeSec });
    return encodeJson({ chain: leaf.chainPem, issuer: leaf.issuer, notAfter: leaf.notAfter });
  });
  await bus.publish(subjects.trust, encodeJson({ trustDomain, roots: [workloads.certPem], issuer: workloads.issuer }));
  return { signed: () => count };
}

interface Starting {
  readonly bus: MemoryBus;
  readonly store: MemoryStore;
  readonly clock: ManualClock;
  readonly keys: Judging;
  readonly replica: string;
}

function startXds({ bus, store, clock, keys, replica }: Starting): RunningXds {
  const lines: Line[] = [];
  let heard = Promise.withResolvers<void>();
  const write = (level: keyof Log) => (fields: Line["fields"], message: string) => {
    lines.push({ level, message, fields });
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const log: Log = { debug: write("debug"), info: write("info"), warn: write("warn"), error: write("error") };
  const metrics = createMetrics();
  const stop = new AbortController();
  const port = Promise.withResolvers<number>();
  const { now, schedule } = clock;
  const deps = { mesh, replica, address: "127.0.0.1:0", tls, issuers: [issuer, clusterIssuer], keys, ...(keys.reviews === undefined ? {} : { reviews: keys.reviews }), bus, store, now, schedule, log, metrics };
  const done = runXds({ ...deps, signal: stop.signal, ready: port.resolve });
  done.catch(port.reject);
  return {
    port: port.promise,
    lines,
    line: async (message) => {
      for (;;) {
        const found = lines.find((line) => line.message === message);
        if (found) return found;
        await heard.promise;
      }
    },
    metric: (sample) => Number(metrics.text().split("\n").find((line) => line.startsWith(`${sample} `))?.slice(sample.length + 1) ?? 0),
    stop: async () => {
      stop.abort();
      await done;
      await bus[Symbol.asyncDispose]();
    },
  };
}

interface Listening<T> {
  readonly subject: string;
  readonly decode: (bytes: Uint8Array) => T;
  readonly check: (value: T) => boolean;
}

async function said<T>(bus: MemoryBus, { subject, decode, check }: Listening<T>): Promise<T> {
  for await (const event of bus.watch(subject, { signal: new AbortController().signal })) {
    const value = event.kind === "entry" && event.entry.bytes ? decode(event.entry.bytes) : undefined;
    if (value !== undefined && check(value)) return value;
  }
  throw new Error("the watch ended");
}
