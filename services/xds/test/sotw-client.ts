import {
  ClusterLoadAssignmentSchema, ClusterSchema, decode, DiscoveryRequestSchema, DiscoveryResponseSchema, encode, ListenerSchema, RouteConfigurationSchema,
  SecretSchema, TypedExtensionConfigSchema,
} from "@osm/envoy-api";
import { typeUrls, xdsTypeOf, type XdsType } from "@osm/model";
import { createBell, endOf, openCall, type Connecting, type Ending } from "./ads-client.ts";

export interface WholeResponse {
  readonly type: XdsType;
  readonly nonce: string;
  readonly version: string;
  /** Name → bytes. */
  readonly resources: ReadonlyMap<string, Uint8Array>;
}

/** One stream in the protocol of the state of the world. */
export interface SotwClient extends AsyncDisposable {
  /** Asks for these, all of them when there are none; `version` is what it has from before. */
  ask(type: XdsType, names?: readonly string[], version?: string): void;
  ack(response: WholeResponse): void;
  nack(response: WholeResponse, words: string): void;
  /** The next response that was not taken yet, in the order they came. */
  next(): Promise<WholeResponse>;
  readonly ended: Promise<Ending>;
}

export function connectSotw(connecting: Connecting): SotwClient {
  const { client, call } = openCall(connecting);
  const received: WholeResponse[] = [];
  const asked = new Map<XdsType, readonly string[]>();
  const accepted = new Map<XdsType, string>();
  const bell = createBell();
  const ended = endOf(call, bell.ring);
  let [taken, isOver] = [0, false];
  void ended.then(() => (isOver = true));
  call.on("data", (bytes: Buffer) => {
    received.push(readWhole(bytes));
    bell.ring();
  });
  const say = (type: XdsType, more: { readonly responseNonce?: string; readonly errorDetail?: { readonly code: number; readonly message: string } }) => {
    const resourceNames = [...(asked.get(type) ?? [])];
    call.write(Buffer.from(encode(DiscoveryRequestSchema, { typeUrl: typeUrls[type], versionInfo: accepted.get(type) ?? "", resourceNames, ...more })));
  };
  return {
    ask: (type, names = [], version) => {
      asked.set(type, names);
      if (version !== undefined) accepted.set(type, version);
      say(type, {});
    },
    ack: ({ type, nonce, version }) => {
      accepted.set(type, version);
      say(type, { responseNonce: nonce });
    },
    nack: ({ type, nonce }, message) => say(type, { responseNonce: nonce, errorDetail: { code: 13, message } }),
    next: async () => {
      await bell.until(() => received.length > taken || isOver);
      const response = received[taken++];
      if (!response) throw new Error(`the stream ended: ${(await ended).details}`);
      return response;
    },
    ended,
    [Symbol.asyncDispose]: async () => {
      call.cancel();
      await ended;
      client.close();
    },
  };
}

const nameIn: Readonly<Record<XdsType, (bytes: Uint8Array) => string>> = {
  CDS: (bytes) => decode(ClusterSchema, bytes).name,
  EDS: (bytes) => decode(ClusterLoadAssignmentSchema, bytes).clusterName,
  ECDS: (bytes) => decode(TypedExtensionConfigSchema, bytes).name,
  LDS: (bytes) => decode(ListenerSchema, bytes).name,
  RDS: (bytes) => decode(RouteConfigurationSchema, bytes).name,
  SDS: (bytes) => decode(SecretSchema, bytes).name,
};

function readWhole(bytes: Uint8Array): WholeResponse {
  const { typeUrl, nonce, versionInfo, resources } = decode(DiscoveryResponseSchema, bytes);
  const type = xdsTypeOf(typeUrl);
  if (!type || resources.some((each) => each.typeUrl !== typeUrl)) throw new Error(`a response of type ${typeUrl}`);
  return { type, nonce, version: versionInfo, resources: new Map(resources.map(({ value }) => [nameIn[type](value), value])) };
}
