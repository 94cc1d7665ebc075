import type { Changed } from "./mesh-lookup.ts";
import { mayChange, type Reviewed } from "./review-pod.ts";

/** Well below the 10 s after which an API server gives up. */
const patienceMs = 3000;
/** Beyond these, who is early is told so at once: their bodies would fill the memory. */
const mostWaiting = 100;

export type Awaiting = (review: () => Reviewed) => Promise<Reviewed>;

/**
 * Reviews once more after each change for as long as the answer could become another: a namespace that was labelled a moment ago is
 * known to the API server first. Nobody is called meanwhile.
 */
export function awaitKnowledge(changed: Changed | undefined): Awaiting {
  let waiting = 0;
  return async (review) => {
    let result = review();
    if (changed === undefined || !mayChange(result) || waiting >= mostWaiting) return result;
    const deadline = AbortSignal.timeout(patienceMs);
    waiting += 1;
    try {
      while (mayChange(result) && !deadline.aborted) {
        await changed(deadline);
        result = review();
      }
    } finally {
      waiting -= 1;
    }
    return result;
  };
}
