/** Ids that a user may hand out in a user namespace, beside the own one. */
export interface IdRange {
  readonly start: number;
  readonly count: number;
}

export interface Account {
  readonly name: string;
  readonly uid: number;
}

/** With root's own id as 0 these give 65536. */
const wanted = 65_535;

/** The numbers of a range that nobody has yet, and as large as root would give. @param table text of /etc/subuid or /etc/subgid */
export function freeRange(table: string): string {
  const ends = table.split("\n").map((line) => line.trim().split(":")).map(([, start, count]) => Number(start) + Number(count));
  const start = Math.max(100_000, ...ends.filter(Number.isInteger));
  return `${start}-${start + wanted}`;
}

/** The first of a user's ranges that is large enough, by name or by id. @param table text of /etc/subuid or /etc/subgid */
export function idRangeOf(table: string, { name, uid }: Account): IdRange | undefined {
  const lines = table.split("\n").map((line) => line.trim().split(":"));
  const own = lines.filter(([owner]) => owner === name || owner === `${uid}`);
  const ranges = own.map(([, start, count]) => ({ start: Number(start), count: Number(count) }));
  const found = ranges.find(({ start, count }) => Number.isInteger(start) && start > 0 && count >= wanted);
  return found && { start: found.start, count: wanted };
}
