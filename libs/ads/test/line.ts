import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { AdsEvent, Answer, DeltaRequest, DeltaSend, SotwRequest, SotwSend, StreamState, Target } from "../src/index.ts";
import { newSotwStream, newStream, step, stepSotw } from "../src/index.ts";
import type { Envoy } from "./envoy-model.ts";
import { holdingsOf, isTruthful, newEnvoy, receive, wantedNames } from "./envoy-model.ts";
import type { Contents } from "./world.ts";

/** What lies between the engine and the model of Envoy: one of the two protocols. */
export interface Line {
  readonly envoy: Envoy;
  /** True where the first request of a type lists what is held. */
  readonly saysWhatItHolds: boolean;
  /** A new stream finds out what the proxy holds, if only by asking its memory. */
  readonly remembers: boolean;
  /** A new stream. */
  open(): void;
  take(event: AdsEvent, target: Target): { readonly send: readonly DeltaSend[]; readonly answers: readonly Answer[] };
  deliver(send: DeltaSend): void;
  stream(): StreamState;
  /** True for a type of which each response holds everything. */
  repeats(type: XdsType): boolean;
  /** True when a new stream would say what Envoy really has, as far as this protocol says it. */
  isTruthful(): boolean;
}

export function deltaLine(contents: Contents): Line {
  const envoy = newEnvoy(contents);
  let stream = newStream();
  return {
    envoy,
    saysWhatItHolds: true,
    remembers: true,
    open: () => {
      stream = newStream();
    },
    take: (event, target) => {
      const result = step(stream, event, target);
      stream = result.state;
      return result;
    },
    deliver: (send) => receive(envoy, send),
    stream: () => stream,
    repeats: () => false,
    isTruthful: () => isTruthful(envoy),
  };
}

/** What the two ends of a state-of-the-world stream remember of one type. */
interface End {
  /** Written into requests: the names asked for, and the newest nonce answered. */
  readonly names: Set<string>;
  nonce: string;
  /** The last response that Envoy accepted, on any stream. */
  accepted: SotwSend | undefined;
}

/** `remembering`: the server knows what each version stood for. */
export function sotwLine(contents: Contents, remembering: boolean): Line {
  const envoy = newEnvoy(contents);
  const ends = new Map<XdsType, End>(xdsTypes.map((type) => [type, { names: new Set(), nonce: "", accepted: undefined }]));
  const memory = new Map<string, ReadonlyMap<string, string>>();
  const written = new Map<string, SotwSend>();
  let state = newSotwStream();
  return {
    envoy,
    saysWhatItHolds: false,
    remembers: remembering,
    open: () => {
      state = newSotwStream();
      written.clear();
      for (const end of ends.values()) {
        end.names.clear();
        end.nonce = "";
      }
    },
    take: (event, target) => {
      const worded = event.kind === "request" ? ({ kind: "request", request: request(event.request) } as const) : event;
      const result = stepSotw(state, worded, { ...target, recall: (type, version) => (remembering ? memory.get(type + version) : undefined) });
      state = result.state;
      for (const send of result.send) {
        written.set(send.nonce, send);
        memory.set(send.type + send.version, send.holds);
      }
      return { send: result.send.map(({ type, nonce, resources }) => ({ type, nonce, put: resources, removed: [] })), answers: result.answers };
    },
    deliver: (send) => {
      const removed = send.type === "CDS" || send.type === "LDS" ? absentFrom(send) : [];
      receive(envoy, { ...send, removed });
      const answer = [...envoy.outbox, ...envoy.withheld].find(({ nonce }) => nonce === send.nonce);
      if (answer?.error === undefined) endOf(send.type).accepted = written.get(send.nonce);
    },
    stream: () => state.stream,
    repeats: (type) => type === "CDS" || type === "LDS",
    isTruthful: () => xdsTypes.every(isClaimTrue),
  };

  function endOf(type: XdsType): End {
    const end = ends.get(type);
    if (end === undefined) throw new Error(`no such type: ${type}`);
    return end;
  }

  /** Envoy's changes in the form of a list of all names. */
  function request({ type, nonce, subscribe, unsubscribe, error }: DeltaRequest): SotwRequest {
    const end = endOf(type);
    for (const name of subscribe) end.names.add(name);
    for (const name of unsubscribe) end.names.delete(name);
    if (nonce !== "") end.nonce = nonce;
    return { type, nonce: end.nonce, version: end.accepted?.version ?? "", names: [...end.names], error };
  }

  function absentFrom({ type, put }: DeltaSend): readonly string[] {
    const there = new Set(put.map(({ name }) => name));
    return [...holdingsOf(envoy)[type].keys()].filter((name) => !there.has(name));
  }

  /** A name let go of and wanted again is claimed by the version, though Envoy waits for it. */
  function isClaimTrue(type: XdsType): boolean {
    const claimed = endOf(type).accepted?.holds ?? new Map<string, string>();
    const has = holdingsOf(envoy)[type];
    const names = type === "CDS" || type === "LDS" ? new Set([...claimed.keys(), ...has.keys()]) : wantedNames(envoy, type);
    return [...names].every((name) => !claimed.has(name) || claimed.get(name) === has.get(name));
  }
}
