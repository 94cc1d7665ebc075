/** What travels before each message: a byte that says whether it is compressed, and its length. */
const headBytes = 5;
const mostBytes = 4 * 1024 * 1024;
/** A message that comes in crumbs is put together from time to time: each costs more than the bytes in it. */
const mostCrumbs = 256;

/** Why what comes on a call is not taken. */
export type FrameFault = "message-too-large" | "message-compressed";

/** Puts messages of gRPC together, however their bytes are cut. After a fault it takes no more. */
export function createFrameReader(take: (message: Buffer) => void, refused: (fault: FrameFault) => void): (bytes: Buffer) => void {
  let [crumbs, have, need, isOver]: [Buffer[], number, number, boolean] = [[], 0, headBytes, false];
  const joined = (): Buffer => {
    const [first = Buffer.alloc(0), ...rest] = crumbs;
    const all = rest.length === 0 ? first : Buffer.concat(crumbs, have);
    crumbs = [all];
    return all;
  };
  const refuse = (fault: FrameFault) => {
    [crumbs, have, isOver] = [[], 0, true];
    refused(fault);
  };
  const takeNext = (): boolean => {
    const all = joined();
    const fault = faultIn(all);
    if (fault) {
      refuse(fault);
      return false;
    }
    need = headBytes + all.readUInt32BE(1);
    if (have < need) return false;
    const message = all.subarray(headBytes, need);
    [crumbs, have, need] = have === need ? [[], 0, headBytes] : [[all.subarray(need)], have - need, headBytes];
    take(message);
    return true;
  };
  return (bytes) => {
    if (isOver) return;
    crumbs.push(bytes);
    have += bytes.length;
    if (crumbs.length > mostCrumbs) joined();
    while (have >= need && takeNext());
  };
}

function faultIn(frame: Buffer): FrameFault | undefined {
  if (frame[0] !== 0) return "message-compressed";
  return frame.readUInt32BE(1) > mostBytes ? "message-too-large" : undefined;
}

/** The frame of a message that is given in parts, in pieces of this size at most. Each is made when it is asked for. */
export function* piecesOf(parts: readonly Uint8Array[], mostPieceBytes: number): Generator<Buffer, undefined> {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  let left = headBytes + length;
  let piece = Buffer.allocUnsafe(Math.min(left, mostPieceBytes));
  piece.writeUInt8(0, 0);
  piece.writeUInt32BE(length, 1);
  let at = headBytes;
  for (const part of parts) {
    for (let from = 0; from < part.length; ) {
      if (at === piece.length) {
        yield piece;
        left -= at;
        [piece, at] = [Buffer.allocUnsafe(Math.min(left, mostPieceBytes)), 0];
      }
      const copied = Math.min(part.length - from, piece.length - at);
      piece.set(part.subarray(from, from + copied), at);
      [from, at] = [from + copied, at + copied];
    }
  }
  yield piece;
}
