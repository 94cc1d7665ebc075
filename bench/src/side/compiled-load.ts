import { compileMesh, type CompiledMesh } from "@osm/compile";
import { wholeLists, type Fact, type Resource, type View } from "@osm/model";
import { stateOf } from "../shop.ts";
import { trustDomain } from "./credentials.ts";
import { changed, changeKinds, factsOf, proxiesOf, type ChangeKind, type Load } from "./load.ts";

/** What a load comes to: the same for every contestant. */
export interface CompiledLoad {
  readonly facts: readonly Fact[];
  /** All that a pod is to have, assignments included. */
  listedFor(uid: string): readonly Resource[];
  /** The one resource that changes of this kind touch. */
  touched(kind: ChangeKind): Pick<Resource, "type" | "name">;
  /** That resource after the nth change. */
  after(kind: ChangeKind, round: number): Resource;
}

export function compileLoad(load: Load): CompiledLoad {
  const facts = factsOf(load);
  const settings = { trustDomain };
  const mesh = compileMesh(stateOf(facts), settings);
  const views = new Map(mesh.views.map((view) => [view.id, view]));
  const viewByUid = new Map<string, View | undefined>(mesh.proxies.map(({ uid, view }) => [uid, views.get(view)]));
  const [first] = proxiesOf(load);
  const shownTo = (compiled: CompiledMesh) => {
    const { view: id } = present(compiled.proxies.find(({ uid }) => uid === first?.uid), "a proxy");
    return listedIn(compiled, present(compiled.views.find((view) => view.id === id), "its view"));
  };
  const shownAfter = (kind: ChangeKind, round: number) => shownTo(compileMesh(stateOf([...facts, changed(load, kind, round)]), settings, mesh));
  const before = new Map(shownTo(mesh).map((each) => [keyOf(each), each.bytes]));
  const touched = new Map(changeKinds.map((kind) => [kind, onlyOne(shownAfter(kind, 0).filter((each) => !same(before.get(keyOf(each)), each.bytes)))]));
  const touchedBy = (kind: ChangeKind) => present(touched.get(kind), `what ${kind} touches`);
  const made = new Map<string, Resource>();
  const after = (kind: ChangeKind, round: number) => {
    const key = JSON.stringify(changed(load, kind, round));
    const resource = made.get(key) ?? present(shownAfter(kind, round).find((each) => keyOf(each) === keyOf(touchedBy(kind))), `what ${kind} touches`);
    made.set(key, resource);
    return resource;
  };
  return {
    facts,
    listedFor: (uid) => listedIn(mesh, present(viewByUid.get(uid), `a view of ${uid}`)),
    touched: touchedBy,
    after,
  };
}

/** How many of what nobody asks for by name. */
export function expectedOf(listed: readonly Resource[]): { readonly CDS: number; readonly LDS: number } {
  const count = (type: "CDS" | "LDS") => listed.filter((each) => each.type === type).length;
  return { CDS: count("CDS"), LDS: count("LDS") };
}

function listedIn({ offerings, resources, assignments }: CompiledMesh, view: View): readonly Resource[] {
  const whole = wholeLists(offerings)(view);
  const listed = Object.values(whole.resources).flat().map(({ digest }) => present(resources.get(digest), "a listed resource"));
  const endpoints = new Set(whole.endpoints);
  return [...listed, ...assignments.filter(({ name }) => endpoints.has(name))];
}

function keyOf({ type, name }: Pick<Resource, "type" | "name">): string {
  return `${type}/${name}`;
}

function same(before: Uint8Array | undefined, after: Uint8Array): boolean {
  return before !== undefined && Buffer.compare(before, after) === 0;
}

function onlyOne(resources: readonly Resource[]): Resource {
  const [first, ...others] = resources;
  if (!first || others.length > 0) throw new Error(`a change touches ${resources.length} resources where one was meant`);
  return first;
}

function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`there is not ${what}`);
  return value;
}
