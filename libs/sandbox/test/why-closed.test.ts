import { expect, test } from "vitest";
import { whyClosed } from "../src/namespace/why-closed.ts";

const machine = (settings: Readonly<Record<string, string>>) => (path: string) => settings[path];

test.each([
  { path: "/proc/sys/user/max_user_namespaces", text: "0\n", remedy: "sysctl -w user.max_user_namespaces=15000" },
  { path: "/proc/sys/kernel/unprivileged_userns_clone", text: "0\n", remedy: "sysctl -w kernel.unprivileged_userns_clone=1" },
  { path: "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", text: "1\n", remedy: "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" },
])("$path that closes the way is named with its remedy", ({ path, text, remedy }) => {
  expect(whyClosed(machine({ [path]: text }), "unshare: failed")).toContain(remedy);
});

test("where no setting is to blame, the system's own words are given", () => {
  const open = machine({ "/proc/sys/user/max_user_namespaces": "15000\n", "/proc/sys/kernel/apparmor_restrict_unprivileged_userns": "0\n" });
  expect(whyClosed(open, "first\nunshare: Operation not permitted\n")).toContain("(unshare: Operation not permitted): run it as root");
});
