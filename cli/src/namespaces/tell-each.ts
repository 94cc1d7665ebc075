import type { Console } from "../console.ts";
import type { Verdict } from "./change-namespace.ts";

/** Each by itself: one that is refused keeps nobody else from being changed. @returns the exit code: 1 where one was refused */
export async function tellEach(names: Iterable<string>, console: Console, change: (name: string) => Promise<Verdict>): Promise<number> {
  let code = 0;
  for (const name of new Set(names)) {
    const verdict = await change(name);
    if (verdict.kind === "refused") {
      console.warn(`osm: ${verdict.why}`);
      code = 1;
    } else {
      console.say(verdict.said);
    }
  }
  return code;
}
