import { identitySecret } from "@osm/model";
import type { Clock, Log } from "@osm/runtime";
import type { Asked } from "./conversation.ts";
import { heldIdentity, type Issued } from "./identities.ts";
import type { PodCertificates } from "./pod-certificates.ts";
import type { ProxyStream } from "./stream.ts";
import type { World } from "./world.ts";

export interface CertificateDeps extends Clock {
  readonly world: World;
  readonly certificates: PodCertificates;
  readonly log: Log;
  /** Aborts with the stream. */
  readonly signal: AbortSignal;
}

export interface Certificate {
  /** Looks at what a proxy asks for, before the engine does. */
  asked(asked: Asked): void;
}

/** Timers of Node hold no longer. */
const longestMs = 2 ** 31 - 1;

/** Keeps a stream's certificate: adopts the one its proxy holds, issues one where it is wanted, renews in time. */
export function createCertificate(stream: ProxyStream, deps: CertificateDeps): Certificate {
  const { now, signal } = deps;
  let obtaining = false;
  let cancel = () => {};
  signal.addEventListener("abort", () => cancel(), { once: true });

  const obtain = async () => {
    if (obtaining) return;
    obtaining = true;
    const issued = await deps.certificates.obtain(stream.proxy, signal);
    obtaining = false;
    if (issued && !signal.aborted) present(issued);
  };
  const renewAt = (due: number) => {
    cancel();
    if (signal.aborted) return;
    cancel = deps.schedule(Math.max(0, Math.min(due - now(), longestMs)), () => (now() < due ? renewAt(due) : void obtain()));
  };
  const present = (issued: Issued) => {
    stream.present(issued.identity);
    renewAt(issued.renewAt);
  };
  return {
    asked: ({ type, subscribe, unsubscribe, initial }) => {
      const isMeant = subscribe.includes(identitySecret) || unsubscribe.includes(identitySecret) || initial.has(identitySecret);
      if (type !== "SDS" || !isMeant || stream.identity()?.bytes) return;
      const held = heldIdentity(initial.get(identitySecret), deps.world.trust?.issuer ?? "", now());
      if (held) return present(held);
      stream.present(undefined);
      void obtain();
    },
  };
}
