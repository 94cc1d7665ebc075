import type { CompiledLoad } from "./compiled-load.ts";
import type { ChangeKind, Load } from "./load.ts";
import type { ClientProxy, ServerAddress, Watched } from "./load-client.ts";

/** A control plane under load. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  readonly server: ServerAddress;
  readonly proxies: readonly ClientProxy[];
  /** Its processes by what they do. */
  readonly pids: Readonly<Record<string, number>>;
  /** The resource that a change of this kind changes. */
  watched(kind: ChangeKind): Omit<Watched, "streams">;
  /** Makes the next change of this kind. @returns when it began: nanoseconds of the machine's monotonic clock. */
  change(kind: ChangeKind): Promise<number>;
}

export interface Contest {
  readonly load: Load;
  readonly compiled: CompiledLoad;
  /** The processor that servers may use; undefined: any. */
  readonly core: number | undefined;
}

/** Numbers the changes of each kind. */
export function countChanges(): (kind: ChangeKind) => number {
  const made = new Map<ChangeKind, number>();
  return (kind) => {
    const round = made.get(kind) ?? 0;
    made.set(kind, round + 1);
    return round;
  };
}
