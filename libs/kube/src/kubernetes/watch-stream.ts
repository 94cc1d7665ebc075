import type { KubeApi } from "./kube-api.ts";
import { errorOfStatus, isRecord, KubeError } from "./kube-error.ts";
import { pathOfKind, type ServedKind } from "./served.ts";
import { metaOf, trimmed } from "./watched-object.ts";

/** What a watch says. `at` is how far one has seen once it is taken in. */
export type WatchMessage =
  | { readonly kind: "object"; readonly object: unknown; readonly at: string }
  | { readonly kind: "gone"; readonly object: unknown; readonly at: string }
  /** Nothing changed up to here; `endsList`: all that stood when the watch began has been told. */
  | { readonly kind: "bookmark"; readonly at: string; readonly endsList: boolean };

export interface WatchOptions {
  /** Where to go on; undefined: with a list of all that stands. */
  readonly from: string | undefined;
  /** Narrows what is watched, as `fieldSelector=...`. */
  readonly selector: string;
  readonly signal: AbortSignal;
  /** The server ends the watch after so long, having said before how far it has come. */
  readonly lastsS: number;
  readonly silenceMs: number;
}

/** One watch, from its request to its end. Ends without an error when its time is up. @throws KubeError */
export async function* watchKind(api: KubeApi, served: ServedKind, options: WatchOptions): AsyncIterable<WatchMessage> {
  const { signal, silenceMs } = options;
  for await (const line of api.lines({ path: `${pathOfKind(served)}?${queryOf(options)}`, signal, silenceMs })) yield messageOf(line, served);
}

function queryOf({ from, selector, lastsS }: WatchOptions): string {
  const position = from === undefined ? "sendInitialEvents=true&resourceVersionMatch=NotOlderThan" : `resourceVersion=${encodeURIComponent(from)}`;
  return ["watch=true&allowWatchBookmarks=true", `timeoutSeconds=${lastsS}`, position, selector].filter((part) => part !== "").join("&");
}

function messageOf(line: string, served: ServedKind): WatchMessage {
  const event = parsed(line);
  const object = event["object"];
  const { resourceVersion: at, endsList } = metaOf(object);
  switch (event["type"]) {
    case "ADDED":
    case "MODIFIED":
      return { kind: "object", object: trimmed(object, served), at };
    case "DELETED":
      return { kind: "gone", object, at };
    case "BOOKMARK":
      return { kind: "bookmark", at, endsList };
    case "ERROR":
      throw errorOfStatus(object, 500);
    default:
      throw new KubeError("the API server sent an unknown kind of event");
  }
}

function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const event: unknown = JSON.parse(line);
    if (isRecord(event)) return event;
  } catch (cause) {
    throw new KubeError("the API server sent what is no JSON", { cause });
  }
  throw new KubeError("the API server sent no event");
}
