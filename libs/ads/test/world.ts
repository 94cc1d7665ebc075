import type { XdsType } from "@osm/model";
import { xdsTypes } from "@osm/model";
import type { Change, Target } from "../src/index.ts";

/**
 * How Envoy takes a resource: `named` is rejected with its name in the words, `unnamed` without it, `unreadable` spoils
 * the whole response before anything of it is applied.
 */
export type Flaw = "none" | "named" | "unnamed" | "unreadable";

/** What the engine does not see: what a resource is made of. */
export interface Content {
  readonly needs: readonly string[];
  readonly route: string | undefined;
  /** Filter of the chain that comes by ECDS. */
  readonly filter: string | undefined;
  readonly address: string;
  readonly flaw: Flaw;
}

/** Everything a proxy should have: type → name → version, or `pending`. */
export type World = Readonly<Record<XdsType, ReadonlyMap<string, string>>>;

export interface Piece {
  readonly rev: number;
  readonly flaw: Flaw;
  readonly needs: readonly string[];
  readonly route: string | undefined;
  readonly filter: string | undefined;
}

export interface Spec {
  readonly clusters: ReadonlyMap<string, Piece>;
  readonly listeners: ReadonlyMap<string, Piece>;
  readonly routes: ReadonlyMap<string, Piece>;
  readonly filters: ReadonlyMap<string, Piece>;
  /** Assignments of clusters; the rest is pending. */
  readonly assignments: ReadonlyMap<string, Piece>;
  readonly secrets: ReadonlyMap<string, string>;
}

/** Listeners `a` and `A` claim one address. */
const addressOf = (name: string): string => name.toLowerCase();

/** Names resources by their content, and remembers every content that ever was. */
export class Contents {
  readonly #byVersion = new Map<string, Content>();

  of(version: string): Content {
    const content = this.#byVersion.get(version);
    if (content === undefined) throw new Error(`no such version: ${version}`);
    return content;
  }

  version(name: string, piece: Piece, closed: Closure): string {
    const version = JSON.stringify([name, piece.rev, piece.flaw, closed.needs, closed.route ?? "", closed.filter ?? ""]);
    this.#byVersion.set(version, { ...closed, address: addressOf(name), flaw: piece.flaw });
    return version;
  }

  /** The world of a spec, closed under reference as a view is. */
  world(spec: Spec): World {
    const close = (pieces: ReadonlyMap<string, Piece>): ReadonlyMap<string, string> =>
      new Map([...pieces].map(([name, piece]) => [name, this.version(name, piece, closure(spec, piece))]));
    const listeners = new Map([...spec.listeners].filter(([name]) => name === addressOf(name) || !spec.listeners.has(addressOf(name))));
    const used = new Set([...listeners.values()].flatMap(({ route, filter }) => [route, filter]));
    const whereUsed = (pieces: ReadonlyMap<string, Piece>) => new Map([...pieces].filter(([name]) => used.has(name)));
    return {
      CDS: close(spec.clusters),
      EDS: new Map([...spec.clusters.keys()].map((name) => [name, this.assignment(spec, name)])),
      ECDS: close(whereUsed(spec.filters)),
      LDS: close(listeners),
      RDS: close(whereUsed(spec.routes)),
      SDS: spec.secrets,
    };
  }

  assignment(spec: Spec, name: string): string {
    const piece = spec.assignments.get(name);
    return piece ? this.version(name, piece, { needs: [], route: undefined, filter: undefined }) : "pending";
  }
}

type Closure = Pick<Content, "needs" | "route" | "filter">;

function closure(spec: Spec, piece: Piece): Closure {
  const route = piece.route !== undefined && spec.routes.has(piece.route) ? piece.route : undefined;
  const filter = piece.filter !== undefined && spec.filters.has(piece.filter) ? piece.filter : undefined;
  return { filter, needs: piece.needs.filter((cluster) => spec.clusters.has(cluster)).toSorted(), route };
}

/** `forgetful`: knows nothing of versions that are not the target's any more. */
export function targetOf(world: World, contents: Contents, forgetful: boolean): Target {
  return {
    version: (type, name) => world[type].get(name) ?? "absent",
    names: (type) => world[type].keys(),
    needs: (type, name, version) => (forgetful && world[type].get(name) !== version ? undefined : type === "CDS" ? [name] : contents.of(version).needs),
  };
}

export function changesBetween(before: World, after: World): readonly Change[] {
  return xdsTypes.flatMap((type) =>
    [...new Set([...before[type].keys(), ...after[type].keys()])]
      .filter((name) => before[type].get(name) !== after[type].get(name))
      .map((name) => ({ type, name, from: before[type].get(name) ?? "absent" })),
  );
}

export const emptyWorld: World = { CDS: new Map(), EDS: new Map(), ECDS: new Map(), LDS: new Map(), RDS: new Map(), SDS: new Map() };
