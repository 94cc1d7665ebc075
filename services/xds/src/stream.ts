import { encodeDeltaResponse, isSettled, newStream, step, type AdsEvent, type Answer, type Change, type DeltaSend, type Target } from "@osm/ads";
import { identitySecret, trustSecret, typeUrls, type XdsType } from "@osm/model";
import type { ProxyPayload } from "@osm/wire";
import { sealedKey, type ActiveView, type World } from "./world.ts";

/** One proxy's stream: the engine's state beside the bytes it speaks of. */
export interface ProxyStream {
  readonly proxy: ProxyPayload;
  /** What the proxy said on its stream, or that its target moved. */
  on(event: AdsEvent): void;
  /** The proxy is of this view from now on. */
  become(view: ActiveView, changes: readonly Change[]): void;
  /** The proxy's own certificate; undefined while there is none to give. */
  present(identity: OwnIdentity | undefined): void;
  identity(): OwnIdentity | undefined;
  /** The proxy's first requests are in, nothing is owed and nothing is unanswered. */
  settled(): boolean;
  /** Enough time has passed for all first requests to be in. */
  introduced(): void;
}

/** A proxy's certificate and key. Without bytes: the proxy holds it from another replica, and this one never saw it. */
export interface OwnIdentity {
  readonly version: string;
  readonly bytes: Uint8Array | undefined;
}

interface StreamDeps {
  readonly world: World;
  readonly proxy: ProxyPayload;
  readonly view: ActiveView;
  readonly write: (response: Uint8Array) => void;
  readonly sent: (send: DeltaSend) => void;
  readonly answered: (answer: Answer) => void;
}

export function createProxyStream({ world, proxy, view: first, write, sent, answered }: StreamDeps): ProxyStream {
  let state = newStream();
  let view = first;
  let identity: OwnIdentity | undefined;
  let isIntroduced = false;
  const target: Target = {
    version: (type, name) => versionOf({ world, view, identity: identity?.version }, type, name),
    names: (type) => (type === "CDS" || type === "LDS" ? view.listed[type].keys() : []),
    needs: (type, _name, version) => world.sealed.get(sealedKey(type, version))?.needs,
  };

  const bytesOf = (type: XdsType, name: string, version: string): Uint8Array => {
    const bytes = type === "SDS" && name === identitySecret ? identity?.bytes : sealedBytes(world, { type, name, version });
    if (!bytes) throw new Error(`no bytes for a ${type} resource that was listed`);
    return bytes;
  };
  const send = ({ type, nonce, put, removed }: DeltaSend) => {
    const sealed = put.map(({ name, version }) => bytesOf(type, name, version));
    write(encodeDeltaResponse({ typeUrl: typeUrls[type], nonce, sealed, removed }));
    sent({ type, nonce, put, removed });
  };
  const on = (event: AdsEvent) => {
    const next = step(state, event, target);
    state = next.state;
    for (const each of next.send) send(each);
    if (next.answers.length > 0) isIntroduced = true;
    for (const answer of next.answers) answered(answer);
  };

  return {
    proxy,
    on,
    become: (next, changes) => {
      view = next;
      on({ kind: "retarget", changes });
    },
    present: (next) => {
      const from = identity?.version ?? "absent";
      identity = next;
      if (next && next.version !== from) on({ kind: "retarget", changes: [{ type: "SDS", name: identitySecret, from }] });
    },
    identity: () => identity,
    settled: () => isIntroduced && isSettled(state, target),
    introduced: () => {
      isIntroduced = true;
    },
  };
}

interface Wanted {
  readonly world: World;
  readonly view: ActiveView;
  readonly identity: string | undefined;
}

function versionOf({ world, view, identity }: Wanted, type: XdsType, name: string): string {
  switch (type) {
    case "CDS":
    case "LDS":
    case "RDS":
      return view.listed[type].get(name)?.digest ?? "absent";
    case "EDS":
      return view.endpoints.has(name) ? (world.assignments.get(name)?.version ?? "pending") : "absent";
    case "SDS":
      return secretVersion(world, name, identity);
  }
}

/** A proxy is given its own certificate and the mesh's roots; every other secret is absent, whoever has it. */
function secretVersion(world: World, name: string, identity: string | undefined): string {
  if (name === identitySecret) return identity ?? "pending";
  return name === trustSecret ? (world.trust?.version ?? "pending") : "absent";
}

function sealedBytes(world: World, wanted: { readonly type: XdsType; readonly name: string; readonly version: string }): Uint8Array | undefined {
  switch (wanted.type) {
    case "CDS":
    case "LDS":
    case "RDS":
      return world.sealed.get(sealedKey(wanted.type, wanted.version))?.bytes;
    case "EDS":
      return world.assignments.get(wanted.name)?.bytes;
    case "SDS":
      return world.trust?.bytes;
  }
}
