import type { IncomingHttpHeaders, ServerHttp2Stream } from "node:http2";
import { createFrameReader, type FrameFault } from "./grpc-frames.ts";
import { createMessageLine } from "./message-line.ts";
import { createGrpcOutput, type Status } from "./grpc-output.ts";

/** One call in both directions, as the server has it. Messages are bytes: what they mean is known elsewhere. */
export interface Call {
  /** Address that its connection comes from. */
  readonly peer: string;
  /** The header of that name. */
  readonly authorization: string | undefined;
  /** Takes what comes. To be called once. */
  hear(take: (message: Buffer) => void): void;
  /** What comes is left with the sender for now; and is taken again. */
  pause(): void;
  resume(): void;
  /** Sends a message that is given in parts. They are read when there is room for them, and are not to change before. */
  write(parts: readonly Uint8Array[]): void;
  /** Messages that have not gone out whole. */
  queued(): number;
  /** A message that is on its way goes out whole, those behind it do not; then the status. */
  end(status: Status): void;
  /** Called once, when either side has ended it. */
  whenOver(then: () => void): void;
}

/** Who does not take the status either is not waited for. */
const longestEndMs = 5000;

const faults: Readonly<Record<FrameFault, Status["code"]>> = { "message-too-large": "exhausted", "message-compressed": "unimplemented" };

export function callOn(stream: ServerHttp2Stream, { authorization }: IncomingHttpHeaders, peer: string): Call {
  const output = createGrpcOutput(stream);
  let isOver = false;
  let isPaused = false;
  let lineIsLong = () => false;
  let onOver = () => {};
  const flow = () => {
    if (!isOver && !isPaused && !lineIsLong()) stream.resume();
  };
  const close = () => {
    if (isOver) return;
    isOver = true;
    onOver();
  };
  const end = (status: Status) => {
    if (isOver) return;
    output.end(status);
    close();
    // What still comes is let pass: a stream with bytes that nobody reads keeps its place on the connection when its client ends it.
    stream.resume();
    const cut = setTimeout(() => stream.destroy(), longestEndMs).unref();
    stream.once("close", () => clearTimeout(cut));
  };
  for (const event of ["error", "aborted", "close"]) stream.on(event, close);
  return {
    peer,
    authorization,
    end,
    hear: (take) => {
      const line = createMessageLine(take, { isOver: () => isOver, pause: () => void stream.pause(), resume: flow });
      lineIsLong = line.isLong;
      const read = createFrameReader(line.add, (fault) => end({ code: faults[fault], details: fault }));
      stream.on("data", (bytes: Buffer) => isOver || read(bytes));
    },
    pause: () => {
      isPaused = true;
      stream.pause();
    },
    resume: () => {
      isPaused = false;
      flow();
    },
    write: output.write,
    queued: output.queued,
    whenOver: (then) => {
      onOver = then;
      if (isOver) then();
    },
  };
}
