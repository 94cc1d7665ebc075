import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "yaml";
import { endpointSlices, type SandboxService } from "./endpoint-slice.ts";
import type { NamedAddress } from "./hosts-file.ts";
import { podObject, type PodState } from "./pod-object.ts";
import { serviceAddresses } from "./service-addresses.ts";

export interface ClusterFolder {
  /** What the cluster's DNS would know now. */
  names(): readonly NamedAddress[];
  /** Calls back whenever the names have changed, until another watcher takes its place. */
  watchNames(changed: (names: readonly NamedAddress[]) => void): void;
  setServices(services: readonly SandboxService[]): void;
  /** Writes the pod's present state, and the slices it is in, before it returns. */
  setPod(pod: PodState): void;
  removePod(pod: Pick<PodState, "namespace" | "name">): void;
}

/**
 * The running pods as Kubernetes manifests in a folder, one object a file. Each file appears whole, and is touched only when
 * its content changes. File names end in the sandbox's id, so that two sandboxes on one folder never write the same file.
 */
export function createClusterFolder(dir: string, id: string): ClusterFolder {
  mkdirSync(dir, { recursive: true });
  const pods = new Map<string, PodState>();
  let services: readonly SandboxService[] = [];
  let written: ReadonlyMap<string, string> = new Map();
  let names: readonly NamedAddress[] = [];
  let namesChanged: (names: readonly NamedAddress[]) => void = () => undefined;

  const updateNames = () => {
    const next = serviceAddresses(services, [...pods.values()]);
    if (JSON.stringify(next) === JSON.stringify(names)) return;
    names = next;
    namesChanged(names);
  };

  const update = () => {
    const next = manifests([...pods.values()], services, id);
    for (const [file, text] of next) if (written.get(file) !== text) replaceFile(dir, file, text);
    for (const file of written.keys()) if (!next.has(file)) rmSync(join(dir, file), { force: true });
    written = next;
    updateNames();
  };
  return {
    names: () => names,
    watchNames: (changed) => {
      namesChanged = changed;
    },
    setServices: (next) => {
      services = next;
      update();
    },
    setPod: (pod) => {
      pods.set(`${pod.namespace}/${pod.name}`, pod);
      update();
    },
    removePod: ({ namespace, name }) => {
      pods.delete(`${namespace}/${name}`);
      update();
    },
  };
}

function manifests(pods: readonly PodState[], services: readonly SandboxService[], id: string): ReadonlyMap<string, string> {
  const podFiles = pods.map((pod): readonly [string, string] => [`pod.${pod.namespace}.${pod.name}.${id}.yaml`, stringify(podObject(pod))]);
  const sliceFiles = services
    .flatMap((service) => endpointSlices(service, pods))
    .map(({ namespace, name, object }): readonly [string, string] => [`endpointslice.${namespace}.${name}.${id}.yaml`, stringify(object)]);
  return new Map([...podFiles, ...sliceFiles]);
}

function replaceFile(dir: string, file: string, text: string): void {
  const temporary = join(dir, `.${file}`);
  writeFileSync(temporary, text);
  renameSync(temporary, join(dir, file));
}
