import type { FactKind } from "@osm/model";
import type { ChangeNumber, ClusterEvent } from "../cluster.ts";
import type { WantedKind } from "./served.ts";
import { createTold, headIn, type ObjectName } from "./told.ts";
import { metaOf } from "./watched-object.ts";

/** Tells the objects of one kind, and knows of which it has told. */
export interface KindTeller {
  /** Without a change number: as a list says. */
  object(object: unknown, at?: ChangeNumber): Promise<void>;
  gone(object: unknown, at?: ChangeNumber): Promise<void>;
  /** A list begins anew. */
  listBegins(): void;
  /** The list is complete: what was told and is not in it is gone. */
  listEnds(): Promise<void>;
  /** There are no objects of the kind any more. */
  allGone(): Promise<void>;
  /** None that was told is still there. */
  hasNone(): boolean;
}

export interface TellerDeps {
  readonly wanted: WantedKind & { readonly kind: FactKind };
  /** Where a user finds the objects. */
  readonly source: string;
  readonly tell: (event: ClusterEvent) => Promise<void>;
}

export function createKindTeller({ wanted, source, tell }: TellerDeps): KindTeller {
  const told = createTold();
  const version = wanted.versions[0] ?? "";
  let wasListed = false;

  const tellGone = async (names: readonly ObjectName[], at?: ChangeNumber) => {
    for (const name of names) await tell({ kind: "gone", head: headIn({ ...wanted, version }, name), ...stamp(at) });
  };
  const listed = async () => {
    if (!wasListed) await tell({ kind: "listed", kinds: [wanted.kind] });
    wasListed = true;
  };
  return {
    object: async (object, at) => {
      told.add(metaOf(object));
      await tell({ kind: "object", object, source, ...stamp(at) });
    },
    gone: async (object, at) => {
      told.delete(metaOf(object));
      await tellGone([metaOf(object)], at);
    },
    listBegins: told.beginList,
    listEnds: async () => {
      await tellGone(told.endList());
      await listed();
    },
    allGone: async () => {
      await tellGone(told.drain());
      await listed();
    },
    hasNone: told.isEmpty,
  };
}

function stamp(at: ChangeNumber | undefined): { readonly at?: ChangeNumber } {
  return at === undefined ? {} : { at };
}
