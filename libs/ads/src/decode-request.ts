import type { BinaryReader } from "@bufbuild/protobuf/wire";
import { DiscoveryRequestError, decodeMessage, eachField, readNodeId, readStatus, readText, requestLimits } from "./request-reader.ts";

/** A DeltaDiscoveryRequest without what nobody reads (node metadata and extensions, locators, control plane hints). */
export interface DecodedRequest {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly subscribe: readonly string[];
  readonly unsubscribe: readonly string[];
  readonly initial: ReadonlyMap<string, string>;
  /** The words of `error_detail`; undefined when there is none. */
  readonly error: string | undefined;
  /** A label, never a proof of who is there. */
  readonly nodeId: string;
}

/** The request under construction. */
interface Draft {
  typeUrl: string;
  nonce: string;
  readonly subscribe: string[];
  readonly unsubscribe: string[];
  readonly initial: Map<string, string>;
  error: string | undefined;
  nodeId: string;
}

/**
 * Reads the fields that decide by hand, and skips the rest unread: an Envoy's first request is some 60 KB of extensions.
 * @throws DiscoveryRequestError on malformed bytes and past `requestLimits`.
 */
export function decodeDeltaRequest(bytes: Uint8Array): DecodedRequest {
  const draft: Draft = { typeUrl: "", nonce: "", subscribe: [], unsubscribe: [], initial: new Map(), error: undefined, nodeId: "" };
  decodeMessage(bytes, (reader, field) => readField(reader, field, draft));
  return draft;
}

/** Field numbers of envoy.service.discovery.v3.DeltaDiscoveryRequest. False: not read. */
function readField(reader: BinaryReader, field: number, draft: Draft): boolean {
  switch (field) {
    case 1:
      draft.nodeId = readNodeId(reader.bytes());
      return true;
    case 2:
      draft.typeUrl = readText(reader);
      return true;
    case 3:
      return pushName(draft, draft.subscribe, readText(reader));
    case 4:
      return pushName(draft, draft.unsubscribe, readText(reader));
    case 5:
      return readInitial(reader.bytes(), draft);
    case 6:
      draft.nonce = readText(reader);
      return true;
    case 7:
      draft.error = readStatus(reader.bytes());
      return true;
    default:
      return false;
  }
}

function pushName(draft: Draft, names: string[], name: string): true {
  names.push(name);
  return withinNames(draft);
}

function withinNames({ subscribe, unsubscribe, initial }: Draft): true {
  if (subscribe.length + unsubscribe.length + initial.size > requestLimits.names) throw new DiscoveryRequestError("too-many-names");
  return true;
}

/** One entry of the map: key = 1, value = 2, either may be missing. */
function readInitial(entry: Uint8Array, draft: Draft): true {
  let name = "";
  let version = "";
  eachField(entry, (reader, field) => {
    if (field === 1) name = readText(reader);
    else if (field === 2) version = readText(reader);
    else return false;
    return true;
  });
  draft.initial.set(name, version);
  return withinNames(draft);
}
