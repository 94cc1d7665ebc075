import type { AdsService, Answer, Change, Item } from "@osm/ads";
import { identitySecret, type XdsType } from "@osm/model";
import type { ProxyPayload } from "@osm/wire";
import { openConversation, type Asked, type Outgoing, type Turn } from "./conversation.ts";
import type { OwnIdentity } from "./secrets.ts";
import type { Serving } from "./target.ts";
import type { ActiveView, World } from "./world.ts";

/** Why a stream ends that its proxy did not end. */
export type EndReason = "pod-gone" | "token-expired" | "malformed-request" | "too-many-names" | "unanswered" | "not-draining" | "too-busy" | "handed-over" | "failed";

/** One proxy's stream: the engine's state beside the bytes it speaks of. */
export interface ProxyStream {
  readonly proxy: ProxyPayload;
  /** Address that its connection comes from. */
  readonly peer: string;
  /** What it serves now. */
  view(): ActiveView;
  /** When the oldest response was sent that has not been answered; undefined when all were. Milliseconds since 1970. */
  unansweredSince(): number | undefined;
  end(reason: EndReason): void;
  /** What came on it. */
  hear(bytes: Uint8Array): void;
  /** What it is to have moved, in its view or in what the view speaks of. */
  retarget(changes: readonly Change[]): void;
  /** The proxy is of this view from now on. */
  become(view: ActiveView, changes: readonly Change[]): void;
  /** The proxy's own certificate; undefined while there is none to give. */
  present(identity: OwnIdentity | undefined): void;
  identity(): OwnIdentity | undefined;
  /** The proxy's first requests are in, nothing is owed and nothing is unanswered. */
  settled(): boolean;
  /** Enough time has passed for all first requests to be in. */
  introduced(): void;
  /** Versions that may have to be sent again though its target moved on. */
  holds(): Iterable<Item>;
}

/** How long a proxy took to answer a response. */
export interface AnswerTime {
  readonly type: XdsType;
  readonly isAccepted: boolean;
  readonly ms: number;
}

interface StreamDeps {
  readonly world: World;
  readonly proxy: ProxyPayload;
  readonly peer: string;
  readonly service: AdsService;
  readonly view: ActiveView;
  /** Takes a response in parts. */
  readonly write: (response: Outgoing["parts"]) => void;
  readonly sent: (sent: Outgoing) => void;
  /** Before it is answered. */
  readonly asked: (asked: Asked) => void;
  readonly answered: (answer: Answer) => void;
  readonly took: (time: AnswerTime) => void;
  /** What is owed or unanswered may be different. */
  readonly moved: () => void;
  readonly end: (reason: EndReason) => void;
  /** What is no request ends the stream that it came on. */
  readonly malformed: (err: unknown) => void;
  /** What went wrong in this stream is no other's concern: it ends, and no more. */
  readonly failed: (err: unknown) => void;
  readonly now: () => number;
}

/** A mesh of 10,000 services has some 30,000 names; who asks for more than twice that is no sidecar. */
const mostNames = 65_536;

export function createProxyStream(deps: StreamDeps): ProxyStream {
  const { world, proxy, end } = deps;
  const waiting = new Map<XdsType, number>();
  let view = deps.view;
  let identity: OwnIdentity | undefined;
  let isIntroduced = false;
  const serving: Serving = { world, view: () => view, identity: () => identity };
  const talk = openConversation(deps.service, serving);

  const play = ({ send, answers }: Turn) => {
    for (const { type, error } of answers) {
      deps.took({ type, isAccepted: error === undefined, ms: deps.now() - (waiting.get(type) ?? deps.now()) });
      waiting.delete(type);
    }
    for (const out of send) {
      waiting.set(out.type, deps.now());
      deps.write(out.parts);
      deps.sent(out);
    }
    if (answers.length > 0) isIntroduced = true;
    deps.moved();
    for (const answer of answers) deps.answered(answer);
  };
  const retarget = (changes: readonly Change[]) => attempt(() => play(talk.retarget(changes)), deps.failed);

  return {
    proxy,
    peer: deps.peer,
    end,
    retarget,
    hear: (bytes) => {
      const request = attempt(() => talk.hear(bytes), deps.malformed);
      if (!request) return;
      deps.asked(request.asked);
      attempt(() => play(request.take()), deps.failed);
      if (request.asked.subscribe.length > 0 && talk.names() > mostNames) end("too-many-names");
    },
    view: () => view,
    unansweredSince: () => (waiting.size === 0 ? undefined : Math.min(...waiting.values())),
    become: (next, changes) => {
      view = next;
      if (changes.length > 0) retarget(changes);
    },
    present: (next) => {
      const from = identity?.version ?? "absent";
      identity = next;
      if (next && next.version !== from) retarget([{ type: "SDS", name: identitySecret, from }]);
    },
    identity: () => identity,
    settled: () => isIntroduced && talk.isSettled(),
    introduced: () => {
      isIntroduced = true;
      deps.moved();
    },
    holds: talk.holds,
  };
}

function attempt<T>(run: () => T, failed: (err: unknown) => void): T | undefined {
  try {
    return run();
  } catch (err) {
    failed(err);
    return undefined;
  }
}
