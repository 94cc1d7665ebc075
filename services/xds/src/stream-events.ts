import type { AdsDeps } from "./ads-service.ts";
import type { Changes } from "./changes.ts";
import type { createOutcomes } from "./outcomes.ts";
import type { createProgress } from "./progress.ts";
import type { Quarantine } from "./quarantine.ts";
import type { Trials } from "./trials.ts";
import type { Counted } from "./xds-metrics.ts";

interface Listeners {
  readonly counting: Counted;
  readonly changes: Changes;
  readonly progress: ReturnType<typeof createProgress>;
  readonly quarantine: Quarantine;
  readonly trials: Trials;
  readonly outcomes: ReturnType<typeof createOutcomes>;
}

/** Who learns of what happens on the streams, and in which order. */
export function streamEvents({ counting, changes, progress, quarantine, trials, outcomes }: Listeners): Pick<AdsDeps, keyof Counted> {
  return {
    ...counting,
    asked: (stream, asked) => {
      counting.asked(stream, asked);
      quarantine.asked(stream, asked);
    },
    sent: (sent, stream) => {
      counting.sent(sent, stream);
      changes.sent(stream.proxy.uid);
    },
    answered: (stream, answer) => {
      counting.answered(stream, answer);
      progress.answered();
      quarantine.answered(stream, answer);
      trials.answered(stream.proxy.uid, answer);
      if (answer.error === undefined) outcomes.accepted(stream, answer);
      else outcomes.rejected(stream, answer);
      // After the trial: those who waited for this answer have been sent theirs, and are waited for.
      changes.answered(stream.proxy.uid, answer.error === undefined);
    },
    closed: (stream) => {
      counting.closed(stream);
      changes.closed(stream.proxy.uid);
    },
  };
}
