import type { Entry, Headers } from "@osm/bus";
import type { ChangeNumber } from "@osm/kube";

/**
 * Of which change of its object each fact on the bus speaks, tombstones included. A watcher that lags behind, or was stopped for a
 * while, would else put an old state in the place of what another one has said.
 */
export interface Ages {
  adopt(entry: Entry): void;
  /** We have said this, and the entry of this number stands. Without a change: as a list said, and earlier ones no longer count. */
  note(subject: string, seq: number, at: ChangeNumber | undefined): void;
  isOlder(subject: string, at: ChangeNumber | undefined): boolean;
  /** What makes an entry say its age. */
  headersOf(at: ChangeNumber | undefined): Headers;
  /** The age that headers say; undefined where they say none. */
  ageIn(headers: Headers | undefined): ChangeNumber | undefined;
  forget(): void;
}

interface Age {
  readonly seq: number;
  /** 0: older than any change. */
  readonly at: ChangeNumber;
}

const header = "osm-at";
const none: Age = { seq: 0, at: 0 };

export function createAges(): Ages {
  const ages = new Map<string, Age>();
  const ageOf = (subject: string) => ages.get(subject) ?? none;
  return {
    adopt: ({ subject, seq, headers }) => {
      if (seq > ageOf(subject).seq) ages.set(subject, { seq, at: ageIn(headers) ?? 0 });
    },
    note: (subject, seq, at) => void ages.set(subject, { seq, at: at === undefined ? 0 : Math.max(at, ageOf(subject).at) }),
    isOlder: (subject, at) => at !== undefined && at < ageOf(subject).at,
    headersOf: (at): Headers => (at === undefined ? {} : { [header]: `${at}` }),
    ageIn,
    forget: () => ages.clear(),
  };
}

function ageIn(headers: Headers | undefined): ChangeNumber | undefined {
  const at = Number(headers?.[header] ?? "");
  return Number.isSafeInteger(at) && at > 0 ? at : undefined;
}
