import type { AppCounters } from "./counters.ts";

/** A cell, and whether it has moved since the table was last shown. */
interface Cell {
  readonly text: string;
  readonly moved: boolean;
}

const headings = ["app", "books", "v1", "v2", "refused", "last answers"] as const;

/** What an app counts its books as; the versions they came from carry V1 and V2 behind it. */
const books: Readonly<Record<string, string>> = {
  bookbuyer: "booksBought",
  bookthief: "booksStolen",
  bookstore: "booksSold",
  bookwarehouse: "restocked",
  "tcp-client": "echoes",
  "tcp-echo": "echoed",
};

/**
 * The counters as lines of a table, in the order given. Beside a number stands how much it grew since the counters before;
 * a line whose app stood still shows none.
 */
export function counterTable(now: readonly AppCounters[], before: readonly AppCounters[] = []): readonly string[] {
  const rows = now.map((each) => rowOf(each, before.find(({ app, identity }) => app === each.app && identity === each.identity)));
  const widths = headings.map((heading, at) => Math.max(heading.length, ...rows.map((row) => row[at]?.text.length ?? 0)));
  const line = (texts: readonly string[]) => texts.map((text, at) => aligned(text, widths[at] ?? 0, at)).join("  ").trimEnd();
  return [line(headings), ...rows.map((row) => line(row.map(({ text }) => text)))];
}

/** True when a number in the table has moved: a plain log need not repeat a table that stands still. */
export function hasMoved(now: readonly AppCounters[], before: readonly AppCounters[]): boolean {
  const rows = now.map((each) => rowOf(each, before.find(({ app, identity }) => app === each.app && identity === each.identity)));
  return now.length !== before.length || rows.some((row) => row.some(({ moved }) => moved));
}

function rowOf(now: AppCounters, before: AppCounters | undefined): readonly Cell[] {
  const name = books[now.app] ?? "";
  const cells = [name, `${name}V1`, `${name}V2`, "refused"].map((counter) => numberCell(now.counters[counter], before?.counters[counter]));
  return [{ text: now.identity, moved: false }, ...cells, answersCell(now.answers, before?.answers ?? {})];
}

function numberCell(now: number | undefined, before: number | undefined): Cell {
  if (now === undefined) return { text: "", moved: false };
  const grown = now - (before ?? now);
  return { text: grown > 0 ? `${now} (+${grown})` : `${now}`, moved: now !== before };
}

/** Only the answers that came since: what was refused an hour ago is in the sum. */
function answersCell(now: AppCounters["answers"], before: AppCounters["answers"]): Cell {
  const recent = Object.entries(now).filter(([answer, count]) => count !== (before[answer] ?? 0));
  return { text: recent.map(([answer]) => answer).toSorted().join(" "), moved: false };
}

/** Names and answers to the left, numbers to the right. */
function aligned(text: string, width: number, at: number): string {
  return at === 0 || at === headings.length - 1 ? text.padEnd(width) : text.padStart(width);
}
