import type { Console } from "../console.ts";
import { Unmet } from "../unusable.ts";

/** Asks questions one after the other, of whoever types. */
export type Ask = (question: string) => Promise<boolean>;

const tries = 3;

/** @throws Unmet when nobody answers with y or n */
export function createAsk({ say, lines }: Pick<Console, "say" | "lines">): Ask {
  let typed: AsyncIterator<string> | undefined;
  return async (question) => {
    typed ??= lines()[Symbol.asyncIterator]();
    for (let attempt = 0; attempt < tries; attempt += 1) {
      say(`${question} [y/n]: `);
      const { value, done } = await typed.next();
      if (done) throw new Unmet("nobody answered, so nothing more is done: -f answers yes to all");
      const answer = value.trim().toLowerCase();
      if (answer === "y" || answer === "yes") return true;
      if (answer === "n" || answer === "no") return false;
    }
    throw new Unmet("Invalid input: answer y or n");
  };
}
