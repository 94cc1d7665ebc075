import type { BinaryReader } from "@bufbuild/protobuf/wire";
import { DiscoveryRequestError, decodeMessage, readNodeId, readStatus, readText, requestLimits } from "./request-reader.ts";

/** A DiscoveryRequest without what nobody reads. */
export interface DecodedSotwRequest {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly version: string;
  readonly names: readonly string[];
  /** The words of `error_detail`; undefined when there is none. */
  readonly error: string | undefined;
  /** A label, never a proof of who is there. */
  readonly nodeId: string;
}

/** The request under construction. */
interface Draft {
  typeUrl: string;
  nonce: string;
  version: string;
  readonly names: string[];
  error: string | undefined;
  nodeId: string;
}

/**
 * The state-of-the-world twin of `decodeDeltaRequest`.
 * @throws DiscoveryRequestError on malformed bytes and past `requestLimits`.
 */
export function decodeSotwRequest(bytes: Uint8Array): DecodedSotwRequest {
  const draft: Draft = { typeUrl: "", nonce: "", version: "", names: [], error: undefined, nodeId: "" };
  decodeMessage(bytes, (reader, field) => readField(reader, field, draft));
  return draft;
}

/** Field numbers of envoy.service.discovery.v3.DiscoveryRequest. False: not read. */
function readField(reader: BinaryReader, field: number, draft: Draft): boolean {
  switch (field) {
    case 1:
      draft.version = readText(reader);
      return true;
    case 2:
      draft.nodeId = readNodeId(reader.bytes());
      return true;
    case 3:
      return pushName(draft.names, readText(reader));
    case 4:
      draft.typeUrl = readText(reader);
      return true;
    case 5:
      draft.nonce = readText(reader);
      return true;
    case 6:
      draft.error = readStatus(reader.bytes());
      return true;
    default:
      return false;
  }
}

function pushName(names: string[], name: string): true {
  if (names.push(name) > requestLimits.names) throw new DiscoveryRequestError("too-many-names");
  return true;
}
