/** `kubernetes:[<kubeconfig>][?context=<name>]`, as the watcher has it. */
export function placeOf(url: string): { readonly kubeconfig: string; readonly context: string } {
  const [kubeconfig = "", query = ""] = url.slice("kubernetes:".length).split("?", 2);
  return { kubeconfig, context: new URLSearchParams(query).get("context") ?? "" };
}
