/** Names under which a Service of the namespace may be called. */
export function serviceNames(service: string, namespace: string): readonly string[] {
  return [service, `${service}.${namespace}`, `${service}.${namespace}.svc`, `${service}.${namespace}.svc.cluster.local`];
}
