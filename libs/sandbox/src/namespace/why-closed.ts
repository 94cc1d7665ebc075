/** Settings by which a machine keeps user namespaces from its ordinary users: the value that does, and one that does not. */
const settings = [
  { name: "user.max_user_namespaces", closed: "0", open: "15000" },
  { name: "kernel.unprivileged_userns_clone", closed: "0", open: "1" },
  { name: "kernel.apparmor_restrict_unprivileged_userns", closed: "1", open: "0" },
] as const;

/** One sentence with the remedy. @param said what the attempt wrote */
export function whyClosed(read: (path: string) => string | undefined, said: string): string {
  const guilty = settings.find(({ name, closed }) => read(`/proc/sys/${name.replaceAll(".", "/")}`)?.trim() === closed);
  const otherwise = "run it as root (sudo)";
  if (guilty) return `This machine keeps user namespaces from ordinary users: ${otherwise}, or as root sysctl -w ${guilty.name}=${guilty.open}.`;
  const words = said.trim().split("\n").at(-1) ?? "";
  return `A user namespace cannot be used here${words === "" ? "" : ` (${words})`}: ${otherwise}; a container must be privileged.`;
}
