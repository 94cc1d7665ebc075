import type { IncomingMessage } from "node:http";

/** Of the same order as what an API server sends at most: two objects of 1.5 MB, and what JSON puts around them. */
export const largestBody = 10 * 1024 * 1024;

/** The whole body, or undefined once it is too large: the rest is then left to the caller. @throws when the client goes away. */
export async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers["content-length"] ?? 0) > largestBody) return undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request.iterator({ destroyOnReturn: false })) {
    if (!Buffer.isBuffer(piece)) throw new TypeError("body is not bytes");
    length += piece.length;
    if (length > largestBody) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}
