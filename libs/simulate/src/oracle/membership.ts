/**
 * A namespace belongs to the mesh that its label names. The alias `osm-injection=enabled` counts where that label is absent,
 * and means the mesh named `osm`. `ignore` takes a namespace out, whatever else it says.
 */
export function isMember(labels: Readonly<Record<string, string>>, mesh: string): boolean {
  if ("openservicemesh.io/ignore" in labels) return false;
  const owner = labels["openservicemesh.io/monitored-by"] ?? (labels["osm-injection"] === "enabled" ? "osm" : undefined);
  return owner === mesh;
}
