import { Refusal } from "./bus.ts";

const longest = 256;

/** What a caller may learn of an error that a responder threw: the words of a `Refusal`, of others nothing. */
export function refusalReason(err: unknown): string {
  if (!(err instanceof Refusal)) return "the responder failed";
  return err.message.replaceAll(/[^ -~]/g, "?").slice(0, longest);
}
