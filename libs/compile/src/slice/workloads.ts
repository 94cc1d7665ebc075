import { inOrder, type PodFact, type ServiceFact } from "@osm/model";

/** Which services of a namespace lead to which of its pods. */
export interface Links {
  /** Pods behind a service, by its name. */
  readonly behind: ReadonlyMap<string, readonly PodFact[]>;
  /** Services in front of a pod, by its name; in order of their names. */
  readonly inFront: ReadonlyMap<string, readonly ServiceFact[]>;
}

type Named<F> = ReadonlyMap<string, F>;

export function linksOf(pods: Named<PodFact>, services: Named<ServiceFact>): Links {
  const labelled = byLabel(pods.values());
  const behind = new Map<string, readonly PodFact[]>();
  const inFront = new Map<string, ServiceFact[]>();
  for (const service of inOrder(services.values(), ({ name }) => name)) {
    const found = selected(service, labelled);
    behind.set(service.name, found);
    for (const { name } of found) append(inFront, name, service);
  }
  return { behind, inFront };
}

/** A service without a selector leads to no pod (OSM §5.2). */
function selected({ selector }: ServiceFact, labelled: ReadonlyMap<string, readonly PodFact[]>): readonly PodFact[] {
  const [first, ...more] = Object.entries(selector);
  const candidates = first ? (labelled.get(labelKey(first)) ?? []) : [];
  return more.length === 0 ? candidates : candidates.filter(({ labels }) => more.every(([key, value]) => labels[key] === value));
}

function byLabel(pods: Iterable<PodFact>): ReadonlyMap<string, readonly PodFact[]> {
  const labelled = new Map<string, PodFact[]>();
  for (const pod of pods) for (const label of Object.entries(pod.labels)) append(labelled, labelKey(label), pod);
  return labelled;
}

/** Neither part of a label holds a `=`. */
function labelKey([key, value]: readonly [string, string]): string {
  return `${key}=${value}`;
}

function append<T>(lists: Map<string, T[]>, key: string, item: T): void {
  const list = lists.get(key);
  if (list) list.push(item);
  else lists.set(key, [item]);
}
