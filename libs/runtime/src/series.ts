export type LabelValues<L extends string> = Readonly<Record<L, string>>;

/** The samples of one metric, one for each set of label values. */
export interface Series<L extends string, V> {
  /** What is held for these label values; begins at zero. */
  at(labels: LabelValues<L>): V;
  remove(labels: LabelValues<L>): void;
  all(): readonly { readonly labels: readonly string[]; readonly held: V }[];
}

/** A series without labels has its one sample from the start. @throws TypeError for what is no label name. */
export function createSeries<L extends string, V>(names: readonly L[], zero: () => V): Series<L, V> {
  const wrong = names.find((name) => !/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(name) || name === "le");
  if (wrong !== undefined) throw new TypeError(`not a label name: ${wrong}`);
  const samples = new Map<string, { readonly labels: readonly string[]; readonly held: V }>();
  const add = (labels: LabelValues<L>, key: string): V => {
    const held = zero();
    samples.set(key, { labels: names.map((name) => `${name}="${escaped(labels[name])}"`), held });
    return held;
  };
  const keyOf = (labels: LabelValues<L>): string => JSON.stringify(names.map((name) => labels[name]));
  if (names.length === 0) samples.set("[]", { labels: [], held: zero() });

  return {
    at: (labels) => samples.get(keyOf(labels))?.held ?? add(labels, keyOf(labels)),
    remove: (labels) => void samples.delete(keyOf(labels)),
    all: () => [...samples.values()],
  };
}

function escaped(value: string): string {
  return value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
