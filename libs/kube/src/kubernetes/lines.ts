import { KubeError } from "./kube-error.ts";

/** Larger than any object: etcd takes 1.5 MB. */
const longestLine = 16_000_000;
const newline = 0x0a;

/** The lines of a stream of bytes, without their ends; a piece after the last end is no line. @throws KubeError for one without end. */
export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  let begun: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      yield textOf([...begun, chunk.subarray(from, end)]);
      begun = [];
      size = 0;
      from = end + 1;
    }
    begun.push(chunk.subarray(from));
    size += chunk.length - from;
    if (size > longestLine) throw new KubeError("the API server sent a line without end");
  }
}

function textOf(pieces: readonly Uint8Array[]): string {
  return Buffer.concat(pieces).toString("utf8");
}
