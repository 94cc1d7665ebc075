import type { Reporter } from "vitest/node";
import { linesOf, tallyOf } from "./tally.ts";

/** A vitest reporter that ends each run with why tests were skipped, and `N passed, N failed` on a line of its own. */
export function tally(): Reporter {
  return {
    onTestRunEnd: (modules, unhandledErrors) => {
      for (const line of linesOf(tallyOf(modules, unhandledErrors.length))) console.log(line);
    },
  };
}

/** Where vitest loads a reporter by its path, it makes the default export with `new`. */
export default tally;
