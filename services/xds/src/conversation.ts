import {
  decodeDeltaRequest, decodeSotwRequest, deltaResponse, isSettled, neededAgain, newSotwStream, newStream, requestedType, sotwResponse, step, stepSotw,
  sharingNames, subscriptionCount, unnamed,
  type AdsService, type Answer, type Change, type DeltaRequest, type DeltaSend, type Item, type SotwSend,
} from "@osm/ads";
import { typeUrls } from "@osm/model";
import { sharedNames } from "./names-shelf.ts";
import { bytesOf, targetOf, type Serving } from "./target.ts";

/** A response as it goes out, and what is in it. */
export interface Outgoing extends Pick<DeltaSend, "type" | "put" | "removed"> {
  /** One behind the other they are the response. Those of resources are shared by all streams. */
  readonly parts: readonly Uint8Array[];
}

export interface Turn {
  readonly send: readonly Outgoing[];
  readonly answers: readonly Answer[];
}

/** What a proxy asks for anew, whatever its protocol. */
export type Asked = Pick<DeltaRequest, "type" | "subscribe" | "unsubscribe" | "initial">;

export interface Heard {
  readonly asked: Asked;
  /** To be called once. */
  take(): Turn;
}

/** One stream's talk, in the protocol and over the types of the method that it was opened on. */
export interface Conversation {
  /** Undefined for a type that is not served here. @throws DiscoveryRequestError */
  hear(bytes: Uint8Array): Heard | undefined;
  retarget(changes: readonly Change[]): Turn;
  isSettled(): boolean;
  /** How many names the proxy has subscribed to. */
  names(): number;
  /** Versions that may have to be sent again though the target moved on. */
  holds(): Iterable<Item>;
}

export function openConversation(service: AdsService, serving: Serving): Conversation {
  switch (service.protocol) {
    case "delta":
      return openDelta(service, serving);
    case "sotw":
      return openSotw(service, serving);
  }
}

function openDelta(service: AdsService, serving: Serving): Conversation {
  const target = targetOf(serving);
  let state = newStream({ alone: service.serves !== "all" });
  const take = (event: Parameters<typeof step>[1]): Turn => {
    const next = step(state, event, target);
    state = next.state;
    return { answers: next.answers, send: next.send.map((send) => ({ ...send, parts: deltaParts(serving, send) })) };
  };
  const answering = (request: DeltaRequest): Turn => {
    const turn = take({ kind: "request", request });
    if (request.subscribe.length > 0) state = sharingNames(state, request.type, (names) => sharedNames(serving.world, names));
    return turn;
  };
  return {
    hear: (bytes) => {
      const { typeUrl, nodeId: _label, ...rest } = decodeDeltaRequest(bytes);
      const type = requestedType(service, typeUrl);
      if (!type) return undefined;
      const request = { type, ...rest };
      return { asked: request, take: () => answering(request) };
    },
    retarget: (changes) => take({ kind: "retarget", changes }),
    isSettled: () => isSettled(state),
    names: () => subscriptionCount(state),
    holds: () => [],
  };
}

function deltaParts(serving: Serving, { type, nonce, put, removed }: DeltaSend): Outgoing["parts"] {
  const sealed = put.map((each) => bytesOf(serving, { type, ...each }));
  return deltaResponse({ typeUrl: typeUrls[type], nonce, sealed, removed });
}

const nothingBrought: ReadonlyMap<string, string> = new Map();

function openSotw(service: AdsService, serving: Serving): Conversation {
  // What a version stood for is not remembered beyond the target: who brings another one is sent everything of the type.
  const target = { ...targetOf(serving), recall: () => undefined };
  let state = newSotwStream({ alone: service.serves !== "all" });
  const take = (event: Parameters<typeof stepSotw>[1]): Turn => {
    const next = stepSotw(state, event, target);
    state = next.state;
    return { answers: next.answers, send: next.send.map((send) => ({ type: send.type, put: send.resources, removed: [], parts: sotwParts(serving, send) })) };
  };
  return {
    hear: (bytes) => {
      const { typeUrl, nodeId: _label, ...rest } = decodeSotwRequest(bytes);
      const type = requestedType(service, typeUrl);
      if (!type) return undefined;
      const request = { type, ...rest };
      return { asked: { type, subscribe: rest.names, unsubscribe: [], initial: nothingBrought }, take: () => take({ kind: "request", request }) };
    },
    retarget: (changes) => take({ kind: "retarget", changes }),
    isSettled: () => isSettled(state.stream),
    names: () => subscriptionCount(state.stream),
    holds: () => neededAgain(state, target),
  };
}

/** By the sealed resource: most responses of this protocol repeat what went out before. */
const withoutNames = new WeakMap<Uint8Array, Uint8Array>();

function sotwParts(serving: Serving, { type, nonce, version, resources }: SotwSend): Outgoing["parts"] {
  const bare = resources.map((each) => {
    const sealed = bytesOf(serving, { type, ...each });
    const known = withoutNames.get(sealed) ?? unnamed(sealed);
    withoutNames.set(sealed, known);
    return known;
  });
  return sotwResponse({ typeUrl: typeUrls[type], nonce, version, resources: bare });
}
