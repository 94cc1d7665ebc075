import { encodeDeltaResponse, isSettled, newStream, step, subscriptionCount, type AdsEvent, type Answer, type Change, type DeltaSend } from "@osm/ads";
import { identitySecret, typeUrls, type XdsType } from "@osm/model";
import type { ProxyPayload } from "@osm/wire";
import { bytesOf, targetOf, type OwnIdentity, type Serving } from "./target.ts";
import type { ActiveView, World } from "./world.ts";

/** Why a stream ends that its proxy did not end. */
export type EndReason = "pod-gone" | "token-expired" | "malformed-request" | "too-many-names" | "unanswered" | "not-draining" | "failed";

/** One proxy's stream: the engine's state beside the bytes it speaks of. */
export interface ProxyStream {
  readonly proxy: ProxyPayload;
  /** What it serves now. */
  view(): ActiveView;
  /** When the oldest response was sent that has not been answered; undefined when all were. Milliseconds since 1970. */
  unansweredSince(): number | undefined;
  end(reason: EndReason): void;
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

interface StreamDeps {
  readonly world: World;
  readonly proxy: ProxyPayload;
  readonly view: ActiveView;
  readonly write: (response: Uint8Array) => void;
  readonly sent: (send: DeltaSend) => void;
  readonly answered: (answer: Answer) => void;
  readonly end: (reason: EndReason) => void;
  /** What went wrong in this stream is no other's concern: it ends, and no more. */
  readonly failed: (err: unknown) => void;
  readonly now: () => number;
}

/** A mesh of 10,000 services has some 30,000 names; who asks for more than twice that is no sidecar. */
const mostNames = 65_536;

export function createProxyStream(deps: StreamDeps): ProxyStream {
  const { world, proxy, write, sent, answered, end } = deps;
  const waiting = new Map<XdsType, number>();
  let state = newStream();
  let view = deps.view;
  let identity: OwnIdentity | undefined;
  let isIntroduced = false;
  const serving: Serving = { world, view: () => view, identity: () => identity };
  const target = targetOf(serving);

  const send = ({ type, nonce, put, removed }: DeltaSend) => {
    const sealed = put.map((each) => bytesOf(serving, { type, ...each }));
    waiting.set(type, deps.now());
    write(encodeDeltaResponse({ typeUrl: typeUrls[type], nonce, sealed, removed }));
    sent({ type, nonce, put, removed });
  };
  const take = (event: AdsEvent) => {
    const next = step(state, event, target);
    state = next.state;
    for (const { type } of next.answers) waiting.delete(type);
    for (const each of next.send) send(each);
    if (next.answers.length > 0) isIntroduced = true;
    for (const answer of next.answers) answered(answer);
    if (subscriptionCount(state) > mostNames) end("too-many-names");
  };
  const on = (event: AdsEvent) => {
    try {
      take(event);
    } catch (err) {
      deps.failed(err);
    }
  };

  return {
    proxy,
    on,
    end,
    view: () => view,
    unansweredSince: () => (waiting.size === 0 ? undefined : Math.min(...waiting.values())),
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
