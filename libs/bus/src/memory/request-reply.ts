import { maxPayload, type Answer, type Bus } from "../bus.ts";
import { checkHeaders, checkPayload } from "../limits.ts";
import { refusalReason } from "../refusal.ts";
import { checkSubject } from "../subject.ts";
import type { Reply } from "./calls.ts";
import { checkOnline, type Connection, type Server } from "./connection.ts";
import { copyOf } from "../copies.ts";

export function requestReply(server: Server, connection: Connection): Pick<Bus, "request" | "respond"> {
  return {
    request: async (subject, bytes, { timeoutMs, signal, headers = {} }) => {
      checkSubject(subject);
      checkHeaders(headers);
      checkPayload(bytes);
      checkOnline(connection);
      const ended = AbortSignal.any([connection.closed.signal, ...(signal ? [signal] : [])]);
      const answer = await server.calls.call({ subject, bytes: copyOf(bytes), headers: { ...headers }, timeoutMs, signal: ended });
      checkOnline(connection);
      return answer;
    },
    respond: async (subject, answer) => {
      checkSubject(subject);
      checkOnline(connection);
      const responder = joinQueue(server, connection, { subject, answer });
      connection.responders.add(responder);
      return responder;
    },
  };
}

interface Answering {
  readonly subject: string;
  readonly answer: Answer;
}

function joinQueue(server: Server, connection: Connection, answering: Answering): AsyncDisposable {
  const underWay = new Set<Promise<Reply>>();
  const leave = server.calls.add(answering.subject, {
    isOnline: () => connection.isOnline,
    answer: async (bytes, headers) => {
      const made = replyOf(server, answering, () => answering.answer(bytes, headers));
      underWay.add(made);
      const reply = await made;
      underWay.delete(made);
      return connection.isOnline ? reply : { kind: "lost" };
    },
  });
  const responder = {
    [Symbol.asyncDispose]: async () => {
      leave();
      connection.responders.delete(responder);
      await Promise.all(underWay);
    },
  };
  return responder;
}

async function replyOf({ log }: Server, { subject }: Answering, answer: () => Promise<Uint8Array>): Promise<Reply> {
  try {
    const answered = await answer();
    if (answered.length > maxPayload) return { kind: "refused", reason: `answer above ${maxPayload} bytes` };
    return { kind: "answer", bytes: copyOf(answered) };
  } catch (err) {
    log.warn({ err, subject }, "request refused");
    return { kind: "refused", reason: refusalReason(err) };
  }
}
