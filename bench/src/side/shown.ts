import { podUid } from "@osm/model";
import type { TokenKey } from "../../../services/xds/test/tokens.ts";
import { expectedOf } from "./compiled-load.ts";
import type { Contest, Contestant } from "./contestant.ts";
import { proxiesOf } from "./load.ts";

const daySec = 86_400;

/** What our servers are shown, and what is looked at: each proxy has a token of its own. */
export function shownTo({ load, compiled }: Contest, key: TokenKey): Pick<Contestant, "proxies" | "watched"> {
  return {
    proxies: proxiesOf(load).map(({ uid, identity }) => {
      return { id: uid, token: key.token({ uid: podUid(uid), identity, now: Date.now(), lifeSec: daySec }), expect: expectedOf(compiled.listedFor(uid)) };
    }),
    watched: (kind) => {
      const { type, name } = compiled.touched(kind);
      return { type, name };
    },
  };
}
