import { contentOf } from "@osm/ads";
import { maxPayload } from "@osm/bus";
import { inOrder, type Digest } from "@osm/model";
import { encodeJson, type VerdictPayload } from "@osm/wire";
import { asSaid, companionsOf } from "./left-behind.ts";
import { goodOf, leftOf, viewsBoundBy } from "./verdict-of-view.ts";
import { sealedKey, type ActiveView, type World } from "./world.ts";

type Version = VerdictPayload["beside"][string][number];

/** A verdict with what this replica knows beside what was known; without bytes where they are too many for one payload. */
export function encodeVerdict(world: World, verdict: VerdictPayload): Uint8Array {
  const known = { ...verdict, ...knownOf(world, verdict) };
  const sound = versionsIn(known).flatMap((version) => soundIn(world, verdict, version));
  const whole = encodeJson({ ...known, sound });
  return whole.length <= maxPayload ? whole : encodeJson({ ...known, sound: sound.map((each) => ({ ...each, bytes: null })) });
}

function knownOf(world: World, verdict: VerdictPayload): Pick<VerdictPayload, "lastGood" | "beside"> {
  const [lastGood, beside] = [new Map(Object.entries(verdict.lastGood)), new Map(Object.entries(verdict.beside))];
  for (const view of viewsBoundBy(world, verdict)) {
    const { id } = view.payload;
    const good = lastGood.get(id) ?? goodOf(world, view, verdict);
    if (good === undefined) continue;
    lastGood.set(id, good);
    const versions = besideOf(world, view, { verdict, good });
    if (versions.length > 0) beside.set(id, versions);
  }
  return { lastGood: inNameOrder(lastGood), beside: inNameOrder(beside) };
}

interface Standing {
  readonly verdict: VerdictPayload;
  readonly good: Digest;
}

function besideOf(world: World, view: ActiveView, { verdict, good }: Standing): readonly Version[] {
  const companions = companionsOf(world, asSaid(view), { type: verdict.type, version: good, left: leftOf(view, verdict) });
  return inOrder((companions?.resources ?? []).map(({ type, name, digest }) => ({ type, name, digest })), keyOf);
}

function versionsIn({ type, name, lastGood, beside }: VerdictPayload): readonly Version[] {
  const all = [...Object.values(lastGood).map((digest) => ({ type, name, digest })), ...Object.values(beside).flat()];
  return inOrder(new Map(all.map((version) => [keyOf(version), version])).values(), keyOf);
}

function soundIn(world: World, verdict: VerdictPayload, version: Version): VerdictPayload["sound"] {
  const here = world.sealed[version.type].get(version.digest);
  if (here) return [{ ...version, needs: here.needs, bytes: Buffer.from(contentOf(here.bytes)).toString("base64") }];
  return verdict.sound.filter((each) => keyOf(each) === keyOf(version));
}

function keyOf({ type, name, digest }: Version): string {
  return sealedKey(type, `${digest} ${name}`);
}

function inNameOrder<T>(named: ReadonlyMap<string, T>): Readonly<Record<string, T>> {
  return Object.fromEntries(inOrder(named, ([name]) => name));
}
