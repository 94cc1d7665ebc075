import { constants, type IncomingHttpHeaders, type ServerHttp2Stream } from "node:http2";
import { createFrameReader, type FrameFault } from "./grpc-frames.ts";
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
  let onOver = () => {};
  const close = () => {
    if (isOver) return;
    isOver = true;
    onOver();
  };
  const end = (status: Status) => {
    if (isOver) return;
    output.end(status);
    stream.pause();
    const cut = setTimeout(() => stream.close(constants.NGHTTP2_CANCEL), longestEndMs).unref();
    stream.once("close", () => clearTimeout(cut));
    close();
  };
  for (const event of ["error", "aborted", "close"]) stream.on(event, close);
  return {
    peer,
    authorization,
    end,
    hear: (take) => void stream.on("data", createFrameReader((message) => isOver || take(message), (fault) => end({ code: faults[fault], details: fault }))),
    pause: () => void stream.pause(),
    resume: () => void (isOver || stream.resume()),
    write: output.write,
    queued: output.queued,
    whenOver: (then) => {
      onOver = then;
      if (isOver) then();
    },
  };
}
