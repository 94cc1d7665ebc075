import { credentials, Client, Metadata, type ClientDuplexStream } from "@grpc/grpc-js";
import { adsServices, type AdsService } from "@osm/ads";
import { ClusterSchema, decode, DeltaDiscoveryRequestSchema, DeltaDiscoveryResponseSchema, encode, type DeltaDiscoveryResponse } from "@osm/envoy-api";
import { typeUrls, xdsTypeOf, type XdsType } from "@osm/model";

export interface Received {
  readonly type: XdsType;
  readonly nonce: string;
  /** Name → version. */
  readonly put: ReadonlyMap<string, string>;
  /** Name → bytes. */
  readonly bytes: ReadonlyMap<string, Uint8Array>;
  readonly removed: readonly string[];
}

export interface Asking {
  readonly subscribe?: readonly string[];
  readonly unsubscribe?: readonly string[];
  readonly initial?: ReadonlyMap<string, string>;
}

/** The words by which a response is rejected; undefined: it is accepted; `null`: it is not answered. */
export type Refusing = (response: Received) => string | undefined | null;

/** What a proxy has, type by type: name → version. */
export type Held = Readonly<Record<XdsType, Map<string, string>>>;

export interface Ending {
  readonly code: number;
  readonly details: string;
}

/** One delta ADS stream, as a proxy holds it. */
export interface AdsClient extends AsyncDisposable {
  ask(type: XdsType, asking: Asking): void;
  ack(response: Received): void;
  nack(response: Received, words: string): void;
  /** Any bytes at all in the place of a request. */
  send(bytes: Uint8Array): void;
  /** The next response that was not taken yet, in the order they came. */
  next(): Promise<Received>;
  /** Everything that came, in order. */
  readonly received: readonly Received[];
  readonly held: Held;
  /**
   * As Envoy does: asks for what there is, and for the assignments of what it gets; answers everything from now on. `refuses`
   * gives the words by which a response is rejected.
   */
  behave(asking?: Partial<Record<XdsType, Asking>>, refuses?: Refusing): void;
  /** Resolves once what is held satisfies the check. */
  until(check: (held: Held) => boolean): Promise<void>;
  /** How the stream ended. */
  readonly ended: Promise<Ending>;
}

export interface Connecting {
  readonly port: number;
  /** What the server's certificate is trusted by, PEM. */
  readonly root: string;
  readonly token?: string;
  /** What an earlier stream left. */
  readonly held?: Held;
  /** Do not even read. */
  readonly deaf?: boolean;
  /** Opens the stream on this method; on the one for delta ADS when not given. */
  readonly method?: string;
}

export function connect(connecting: Connecting): AdsClient {
  const { client, call } = openCall(connecting);
  return clientOf(client, call, connecting);
}

/** A stream on a connection of its own. */
export function openCall({ port, root, token, method = "DeltaAggregatedResources" }: Connecting): { readonly client: Client; readonly call: Call } {
  const client = new Client(`127.0.0.1:${port}`, credentials.createSsl(Buffer.from(root)), {
    "grpc.max_receive_message_length": -1,
    "grpc.use_local_subchannel_pool": 1,
    "grpc.ssl_target_name_override": "localhost",
  });
  const metadata = new Metadata();
  if (token !== undefined) metadata.set("authorization", `Bearer ${token}`);
  const raw = (bytes: Buffer) => bytes;
  return { client, call: client.makeBidiStreamRequest(serviceOf(method).path, raw, raw, metadata) };
}

/** The service whose method has this name. */
export function serviceOf(method: string): AdsService {
  const service = adsServices.find(({ path }) => path.endsWith(`/${method}`));
  if (!service) throw new Error(`no method ${method}`);
  return service;
}

export type Call = ClientDuplexStream<Buffer, Buffer>;

function clientOf(client: Client, call: Call, { held: before, deaf = false }: Connecting): AdsClient {
  const received: Received[] = [];
  const held = copyOf(before);
  const bell = createBell();
  const ended = endOf(call, bell.ring);
  let behaving: Refusing | undefined;
  let taken = 0;
  let isOver = false;
  void ended.then(() => (isOver = true));

  const send = (bytes: Uint8Array) => void call.write(Buffer.from(bytes));
  const ask: AdsClient["ask"] = (type, { subscribe = [], unsubscribe = [], initial }) =>
    send(encode(DeltaDiscoveryRequestSchema, {
      node: { id: "a label, no proof", cluster: "test" },
      typeUrl: typeUrls[type],
      resourceNamesSubscribe: [...subscribe],
      resourceNamesUnsubscribe: [...unsubscribe],
      initialResourceVersions: Object.fromEntries(initial ?? []),
    }));
  const ack = (response: Received) => {
    const { type, nonce, put, removed } = response;
    for (const [name, version] of put) held[type].set(name, version);
    for (const name of removed) held[type].delete(name);
    send(encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], responseNonce: nonce }));
    if (behaving && type === "CDS") followAssignments(response, held, ask);
    bell.ring();
  };
  const nack = ({ type, nonce }: Received, message: string) =>
    send(encode(DeltaDiscoveryRequestSchema, { typeUrl: typeUrls[type], responseNonce: nonce, errorDetail: { code: 13, message } }));
  const answer = (response: Received, words: string | undefined | null) => {
    if (words === undefined) ack(response);
    else if (words !== null) nack(response, words);
  };
  if (!deaf) {
    call.on("data", (bytes: Buffer) => {
      const response = readResponse(decode(DeltaDiscoveryResponseSchema, bytes));
      received.push(response);
      if (behaving) answer(response, behaving(response));
      bell.ring();
    });
  }
  return {
    ask,
    ack,
    nack,
    send,
    next: async () => {
      await bell.until(() => received.length > taken || isOver);
      const response = received[taken++];
      if (!response) throw new Error(`the stream ended: ${(await ended).details}`);
      return response;
    },
    received,
    held,
    behave: (asking = {}, refuses = () => undefined) => {
      behaving = refuses;
      const all = { CDS: {}, EDS: {}, LDS: {}, RDS: {}, SDS: { subscribe: ["identity", "trust"] }, ...asking };
      for (const type of ["CDS", "EDS", "LDS", "RDS", "SDS"] as const) ask(type, { subscribe: [...held[type].keys()].filter(() => type === "EDS"), initial: new Map(held[type]), ...all[type] });
    },
    until: async (check) => {
      await bell.until(() => check(held) || isOver);
      if (!check(held)) throw new Error(`the stream ended: ${(await ended).details}`);
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      call.cancel();
      await ended;
      client.close();
    },
  };
}

function followAssignments({ bytes, removed }: Received, held: Held, ask: AdsClient["ask"]): void {
  const names = [...bytes.values()].map((each) => decode(ClusterSchema, each)).filter(({ edsClusterConfig }) => edsClusterConfig).map(({ name }) => name);
  const subscribe = names.filter((name) => !held.EDS.has(name));
  for (const name of removed) held.EDS.delete(name);
  if (subscribe.length + removed.length > 0) ask("EDS", { subscribe, unsubscribe: removed });
}

function readResponse({ typeUrl, nonce, resources, removedResources }: DeltaDiscoveryResponse): Received {
  const type = xdsTypeOf(typeUrl);
  if (!type) throw new Error(`a response of type ${typeUrl}`);
  return {
    type,
    nonce,
    put: new Map(resources.map(({ name, version }) => [name, version])),
    bytes: new Map(resources.map(({ name, resource }) => [name, resource?.value ?? new Uint8Array()])),
    removed: removedResources,
  };
}

function copyOf(before: Held | undefined): Held {
  const of = (type: XdsType) => new Map(before?.[type]);
  return { CDS: of("CDS"), EDS: of("EDS"), ECDS: of("ECDS"), LDS: of("LDS"), RDS: of("RDS"), SDS: of("SDS") };
}

export function endOf(call: Call, then: () => void): Promise<Ending> {
  const { promise, resolve } = Promise.withResolvers<Ending>();
  call.on("error", () => undefined);
  call.on("status", ({ code, details }) => {
    resolve({ code, details });
    queueMicrotask(then);
  });
  return promise;
}

/** Wakes all who wait for something to become true. */
export function createBell() {
  let rung = Promise.withResolvers<void>();
  return {
    ring: () => {
      rung.resolve();
      rung = Promise.withResolvers();
    },
    until: async (check: () => boolean) => {
      while (!check()) await rung.promise;
    },
  };
}
