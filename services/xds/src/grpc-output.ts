import type { OutgoingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { piecesOf } from "./grpc-frames.ts";

const codes = { exhausted: 8, unimplemented: 12, unavailable: 14, unauthenticated: 16 } as const;

/** How a call ends that its client did not end. */
export interface Status {
  readonly code: keyof typeof codes;
  readonly details: string;
}

/** What goes out on one call, little by little. */
export interface GrpcOutput {
  write(parts: readonly Uint8Array[]): void;
  queued(): number;
  end(status: Status): void;
}

/**
 * Node's TLS keeps for good, on each connection, as much room as the largest write ever took. Less than a TLS record at a time
 * costs some system calls when a proxy is sent everything, and saves hundreds of KB of each.
 */
const mostPieceBytes = 15_000;
const headers = { ":status": 200, "content-type": "application/grpc" } as const;

export function createGrpcOutput(stream: ServerHttp2Stream): GrpcOutput {
  const waiting: (readonly Uint8Array[])[] = [];
  let pieces: Iterator<Buffer> | undefined;
  let underWay = 0;
  let ending: Status | undefined;
  const isGone = () => stream.destroyed || stream.closed;

  const nextPiece = (): Buffer | undefined => {
    for (;;) {
      if (!pieces) {
        const parts = waiting.shift();
        if (!parts) return undefined;
        pieces = piecesOf(parts, mostPieceBytes);
      }
      const { value, done } = pieces.next();
      if (done !== true) return value;
      pieces = undefined;
    }
  };
  const flow = () => {
    while (underWay < mostPieceBytes) {
      const piece = nextPiece();
      if (!piece) return finish();
      underWay += piece.length;
      stream.write(piece, () => {
        underWay -= piece.length;
        if (!isGone()) flow();
      });
    }
  };
  const finish = () => {
    if (!ending || stream.writableEnded) return;
    const trailers = trailersOf(ending);
    stream.once("wantTrailers", () => void (isGone() || stream.sendTrailers(trailers)));
    stream.end();
  };
  return {
    queued: () => waiting.length + (pieces ? 1 : 0),
    write: (parts) => {
      if (isGone() || ending) return;
      if (!stream.headersSent) stream.respond(headers, { waitForTrailers: true });
      waiting.push(parts);
      flow();
    },
    end: (status) => {
      if (isGone() || ending) return;
      ending = status;
      waiting.length = 0;
      if (stream.headersSent) flow();
      else stream.respond({ ...headers, ...trailersOf(status) }, { endStream: true });
    },
  };
}

function trailersOf({ code, details }: Status): OutgoingHttpHeaders {
  return { "grpc-status": codes[code], "grpc-message": encodeURIComponent(details) };
}
