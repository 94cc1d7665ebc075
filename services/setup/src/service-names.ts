/** Names under which a Service of the namespace may be called. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [service, `${service}.${namespace}`, `${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}

/** Names of the servers of a cluster of NATS, as each calls the others. */
export function natsPeerNames(namespace: string): readonly string[] {
  return [0, 1, 2].map((at) => `osm-nats-cluster-${at}.osm-nats-peers.${namespace}.svc`);
}
