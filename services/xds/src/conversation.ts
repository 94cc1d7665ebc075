import {
  decodeDeltaRequest, decodeSotwRequest, encodeDeltaResponse, encodeSotwResponse, isSettled, neededAgain, newSotwStream, newStream, requestedType, step,
  stepSotw, subscriptionCount, unnamed,
  type AdsService, type Answer, type Change, type DeltaRequest, type DeltaSend, type Item, type SotwSend,
} from "@osm/ads";
import { typeUrls } from "@osm/model";
import { bytesOf, targetOf, type Serving } from "./target.ts";

/** A response as it goes out, and what is in it. */
export interface Outgoing extends Pick<DeltaSend, "type" | "put" | "removed"> {
  readonly bytes: Uint8Array;
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
    return { answers: next.answers, send: next.send.map((send) => ({ ...send, bytes: deltaBytes(serving, send) })) };
  };
  return {
    hear: (bytes) => {
      const { typeUrl, nodeId: _label, ...rest } = decodeDeltaRequest(bytes);
      const type = requestedType(service, typeUrl);
      if (!type) return undefined;
      const request = { type, ...rest };
      return { asked: request, take: () => take({ kind: "request", request }) };
    },
    retarget: (changes) => take({ kind: "retarget", changes }),
    isSettled: () => isSettled(state, target),
    names: () => subscriptionCount(state),
    holds: () => [],
  };
}

function deltaBytes(serving: Serving, { type, nonce, put, removed }: DeltaSend): Uint8Array {
  const sealed = put.map((each) => bytesOf(serving, { type, ...each }));
  return encodeDeltaResponse({ typeUrl: typeUrls[type], nonce, sealed, removed });
}

const nothingBrought: ReadonlyMap<string, string> = new Map();

function openSotw(service: AdsService, serving: Serving): Conversation {
  // What a version stood for is not remembered beyond the target: who brings another one is sent everything of the type.
  const target = { ...targetOf(serving), recall: () => undefined };
  let state = newSotwStream({ alone: service.serves !== "all" });
  const take = (event: Parameters<typeof stepSotw>[1]): Turn => {
    const next = stepSotw(state, event, target);
    state = next.state;
    return { answers: next.answers, send: next.send.map((send) => ({ type: send.type, put: send.resources, removed: [], bytes: sotwBytes(serving, send) })) };
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
    isSettled: () => isSettled(state.stream, target),
    names: () => subscriptionCount(state.stream),
    holds: () => neededAgain(state, target),
  };
}

/** By the sealed resource: most responses of this protocol repeat what went out before. */
const withoutNames = new WeakMap<Uint8Array, Uint8Array>();

function sotwBytes(serving: Serving, { type, nonce, version, resources }: SotwSend): Uint8Array {
  const bare = resources.map((each) => {
    const sealed = bytesOf(serving, { type, ...each });
    const known = withoutNames.get(sealed) ?? unnamed(sealed);
    withoutNames.set(sealed, known);
    return known;
  });
  return encodeSotwResponse({ typeUrl: typeUrls[type], nonce, version, resources: bare });
}
