import type { Bus } from "@osm/bus";
import type { Digest } from "@osm/model";
import { blobReply, blobRequest, decodeJson, encodeJson, type Subjects } from "@osm/wire";
import type { z } from "zod";

interface BlobDeps {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly bytesOf: (digest: Digest) => Uint8Array | undefined;
}

/** Gives out bytes by digest to readers that the store failed. */
export interface BlobDesk extends AsyncDisposable {
  /** Answers in these members' names: in the own one, and in those of members whose lists were found on the bus. */
  answerFor(members: Iterable<string>): Promise<void>;
}

/** A reply is one payload of at most 1 MB: what does not fit is left for the next request. */
const mostInReply = 900_000;

export function createBlobDesk({ bus, subjects, bytesOf }: BlobDeps): BlobDesk {
  const responders = new Map<string, AsyncDisposable>();
  const answer = async (request: Uint8Array) => encodeJson(replyTo(decodeJson(blobRequest, request).digests, bytesOf));
  return {
    answerFor: async (members) => {
      for (const member of members) {
        if (!responders.has(member)) responders.set(member, await bus.respond(subjects.callBlob(member), answer));
      }
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([...responders.values()].map((responder) => responder[Symbol.asyncDispose]()));
    },
  };
}

function replyTo(digests: readonly Digest[], bytesOf: BlobDeps["bytesOf"]): z.input<typeof blobReply> {
  let room = mostInReply;
  return {
    blobs: digests.map((digest) => {
      const bytes = bytesOf(digest);
      if (!bytes) return null;
      const text = Buffer.from(bytes).toString("base64");
      if (text.length > room) return null;
      room -= text.length;
      return text;
    }),
  };
}
