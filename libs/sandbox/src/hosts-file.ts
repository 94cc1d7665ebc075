/** What a name needs to be found. */
export interface NamedAddress {
  readonly namespace: string;
  readonly name: string;
  /** "None" for a headless service, which has no address of its own: its line comes with the addresses of its pods. */
  readonly clusterIP: string;
}

/** A pod's /etc/hosts for these services: what the cluster's DNS would answer. The bare name is known in the pod's own namespace only. */
export function hostsFile(services: readonly NamedAddress[], podNamespace: string): string {
  return services
    .filter(({ clusterIP }) => clusterIP !== "None" && clusterIP !== "")
    .map((service) => `${service.clusterIP} ${namesOf(service, podNamespace).join(" ")}\n`)
    .toSorted()
    .join("");
}

function namesOf({ namespace, name }: NamedAddress, podNamespace: string): readonly string[] {
  const qualified = `${name}.${namespace}`;
  const bare = namespace === podNamespace ? [name] : [];
  return [...bare, qualified, `${qualified}.svc`, `${qualified}.svc.cluster.local`];
}
