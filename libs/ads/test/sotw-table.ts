import type { XdsType } from "@osm/model";
import type { Answer, SotwRequest, SotwSend, SotwState, SotwTarget } from "../src/index.ts";
import { newSotwStream, stepSotw } from "../src/index.ts";
import type { Needs, Versions } from "./table.ts";
import { changesBetween, targetOf } from "./table.ts";

/** One state-of-the-world stream played by hand. What is sent is written `CDS a@1 b@1`. */
export interface SotwPlay {
  readonly ask: (type: XdsType, request?: Partial<SotwRequest>) => readonly string[];
  /** Answers the newest response of a type, asking on for the same names. */
  readonly ack: (type: XdsType, names?: readonly string[]) => readonly string[];
  readonly nack: (type: XdsType, words: string) => readonly string[];
  readonly move: (versions: Versions) => readonly string[];
  readonly answers: () => readonly Answer[];
  /** The newest version sent of a type. */
  readonly version: (type: XdsType) => string;
  readonly newest: (type: XdsType) => SotwSend | undefined;
}

export interface SotwSetting {
  readonly versions: Versions;
  readonly needs?: Needs;
  readonly alone?: boolean;
  readonly recall?: SotwTarget["recall"];
}

export function playSotw({ versions: first, needs = {}, alone = false, recall = () => undefined }: SotwSetting): SotwPlay {
  let versions = first;
  let state: SotwState = newSotwStream({ alone });
  let answers: readonly Answer[] = [];
  const sent: SotwSend[] = [];
  const asked = new Map<XdsType, readonly string[]>();
  const take = (event: Parameters<typeof stepSotw>[1]): readonly string[] => {
    const result = stepSotw(state, event, { ...targetOf(versions, needs), recall });
    ({ state, answers } = result);
    sent.push(...result.send);
    return result.send.map(({ type, resources }) => [type, ...resources.map(({ name, version }) => `${name}@${version}`).toSorted()].join(" "));
  };
  const newest = (type: XdsType): SotwSend | undefined => sent.findLast((send) => send.type === type);
  const ask: SotwPlay["ask"] = (type, request) => {
    const names = request?.names ?? asked.get(type) ?? [];
    asked.set(type, names);
    return take({ kind: "request", request: { type, nonce: "", version: "", error: undefined, ...request, names } });
  };
  return {
    ask,
    ack: (type, names) => ask(type, { nonce: newest(type)?.nonce ?? "", version: newest(type)?.version ?? "", ...(names && { names }) }),
    nack: (type, error) => ask(type, { nonce: newest(type)?.nonce ?? "", error }),
    move: (next) => {
      const changes = changesBetween(versions, next);
      versions = next;
      return take({ kind: "retarget", changes });
    },
    answers: () => answers,
    version: (type) => newest(type)?.version ?? "",
    newest,
  };
}
