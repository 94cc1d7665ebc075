import { renameSync, rmSync } from "node:fs";
import { cp, mkdir, open, rename, rm, symlink, truncate, unlink } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { withFile } from "../src/folder/contents.ts";
import { account, both, newFolder, openWatched, watchedFolder } from "./watched-folder.ts";

describe("a watched folder", () => {
  test("lists what stands, then says that it has, then what changes", async () => {
    await using folder = openWatched(await newFolder());
    await folder.write("b.yaml", account("b", "1"));
    await folder.write("sub/a.json", JSON.stringify({ apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a", namespace: "shop", labels: { value: "1" } } }));
    await folder.write("readme.md", "no manifest");
    await folder.write(".hidden/c.yaml", account("c", "1"));
    await folder.write(".d.yaml", account("d", "1"));
    expect(await folder.until("listed")).toEqual(["b=1 in b.yaml", "a=1 in sub/a.json", "listed"]);
    await folder.write("b.yaml", account("b", "2"));
    expect(await folder.next()).toBe("b=2 in b.yaml");
    await unlink(folder.path("b.yaml"));
    expect(await folder.next()).toBe("b gone");
  });
  test("that is not there yet is made", async () => {
    await using parent = await watchedFolder();
    await using folder = openWatched(parent.path("later/still"));
    expect(await folder.next()).toBe("listed");
    await folder.write("a.yaml", account("a", "1"));
    expect(await folder.next()).toBe("a=1 in a.yaml");
  });
  test("says nothing of a file that is written again as it was, or as it means the same", async () => {
    await using folder = await watchedFolder({ "a.yaml": account("a", "1") });
    await folder.replace("a.yaml", account("a", "1"));
    expect(await folder.rest()).toEqual([]);
    await folder.replace("a.yaml", `# a remark\n${account("a", "1")}`);
    expect(await folder.rest()).toEqual([]);
  });
  test("sees a file that is replaced by a rename again and again, each time", async () => {
    await using folder = await watchedFolder({ "a.yaml": account("a", "0"), "sub/b.yaml": account("b", "0") });
    for (let n = 1; n <= 25; n += 1) {
      await folder.replace("a.yaml", account("a", `${n}`));
      expect(await folder.next()).toBe(`a=${n} in a.yaml`);
      await folder.replace("sub/b.yaml", account("b", `${n}`));
      expect(await folder.next()).toBe(`b=${n} in sub/b.yaml`);
    }
  });
  test("sees a file that comes back under its name, each time", async () => {
    await using folder = await watchedFolder();
    for (let n = 1; n <= 10; n += 1) {
      await folder.write("a.yaml", account("a", `${n}`));
      expect(await folder.next()).toBe(`a=${n} in a.yaml`);
      await unlink(folder.path("a.yaml"));
      expect(await folder.next()).toBe("a gone");
    }
  });
  test("reads a file that is written without end", async () => {
    await using folder = await watchedFolder();
    const stop = new AbortController();
    const writing = (async () => {
      for (let n = 0; !stop.signal.aborted; n += 1) await folder.replace("a.yaml", account("a", `${n}`));
    })();
    expect(await folder.next()).toMatch(/^a=\d+ in a\.yaml$/);
    stop.abort();
    await writing;
  });
});

describe("a file that cannot be taken as it is", () => {
  test("keeps its objects while it is empty, however long that takes", async () => {
    await using folder = await watchedFolder({ "a.yaml": both(account("a", "1"), account("b", "1")) });
    await truncate(folder.path("a.yaml"));
    expect(await folder.next()).toBe("a.yaml:0 the file is empty");
    await folder.write("a.yaml", both(account("a", "2"), account("b", "1")));
    expect(await folder.rest()).toEqual(["a=2 in a.yaml"]);
  });
  test("keeps its objects through truncating and writing at once, many times", async () => {
    await using folder = await watchedFolder({ "a.yaml": account("a", "0") });
    for (let n = 1; n <= 20; n += 1) {
      const file = await open(folder.path("a.yaml"), "w");
      await file.writeFile(account("a", `${n}`));
      await file.close();
      const seen = await folder.until(`a=${n} in a.yaml`);
      expect(seen.filter((each) => each.endsWith("gone"))).toEqual([]);
    }
  });
  test("keeps its objects while it is broken, and says in which line and why", async () => {
    await using folder = await watchedFolder({ "a.yaml": account("a", "1") });
    await folder.write("a.yaml", `${account("a", "2")}spec: {open: [\n`);
    expect(await folder.next()).toBe("a.yaml:5 BAD_INDENT");
    expect(await folder.rest()).toEqual([]);
    await folder.write("a.yaml", account("a", "3"));
    expect(await folder.next()).toBe("a=3 in a.yaml");
  });
  test("that was broken from the start holds nothing until it is mended, and hides no other file", async () => {
    await using folder = openWatched(await newFolder());
    await folder.write("a.yaml", "a: 1\na: 2\n");
    await folder.write("b.yaml", account("b", "1"));
    expect(await folder.until("listed")).toEqual(["a.yaml:2 DUPLICATE_KEY", "b=1 in b.yaml", "listed"]);
    await folder.write("a.yaml", account("a", "1"));
    expect(await folder.next()).toBe("a=1 in a.yaml");
  });
  test("says how many of its documents are no objects, and gives the others", async () => {
    await using folder = await watchedFolder();
    await folder.write("a.yaml", both("just: words\n", account("a", "1"), "apiVersion: v1\nkind: Pod\nmetadata: {name: NOT A NAME}\n"));
    expect(await folder.next()).toBe("a=1 in a.yaml");
    expect(await folder.next()).toBe("a.yaml:0 2 of its documents are no Kubernetes objects");
  });
  test("loses an object that is no longer in it, and only that", async () => {
    await using folder = await watchedFolder({ "a.yaml": both(account("a", "1"), account("b", "1")) });
    await folder.write("a.yaml", account("b", "1"));
    expect(await folder.rest()).toEqual(["a gone"]);
  });
  test("may be a link that leads nowhere, and then somewhere", async () => {
    await using folder = await watchedFolder();
    await symlink(folder.path("target.txt"), folder.path("a.yaml"));
    expect(await folder.rest()).toEqual([]);
    await folder.write("target.txt", account("a", "1"));
    await rm(folder.path("a.yaml"));
    await symlink(folder.path("target.txt"), folder.path("a.yaml"));
    expect(await folder.next()).toBe("a=1 in a.yaml");
  });
  test("keeps its objects while nobody may read it", () => {
    const { contents } = withFile(new Map(), "a.yaml", { kind: "text", text: account("a", "1") });
    const refused = withFile(contents, "a.yaml", { kind: "refused", reason: "EACCES" });
    expect(refused).toEqual({ contents, events: [{ kind: "unreadable", source: "a.yaml", line: 0, reason: "EACCES" }] });
  });
});

describe("an object that two files hold", () => {
  test("counts as the first by path has it; the other takes over when that one goes", async () => {
    await using folder = await watchedFolder({ "b.yaml": account("a", "from b") });
    await folder.write("c.yaml", account("a", "from c"));
    expect(await folder.rest()).toEqual([]);
    await folder.write("a.yaml", account("a", "from a"));
    expect(await folder.next()).toBe("a=from a in a.yaml");
    await unlink(folder.path("a.yaml"));
    expect(await folder.next()).toBe("a=from b in b.yaml");
    await unlink(folder.path("c.yaml"));
    await unlink(folder.path("b.yaml"));
    expect(await folder.rest()).toEqual(["a gone"]);
  });
  test("moves with its file: it is never gone, and its place is told", async () => {
    await using folder = await watchedFolder({ "b.yaml": account("a", "1") });
    await folder.write("a.yaml", account("a", "1"));
    expect(await folder.next()).toBe("a=1 in a.yaml");
    await unlink(folder.path("b.yaml"));
    expect(await folder.rest()).toEqual([]);
  });
});

describe("folders within", () => {
  test("that appear later are followed, however deep and however fast they are filled", async () => {
    await using folder = await watchedFolder();
    await folder.write("x/y/z/a.yaml", account("a", "1"));
    expect(await folder.next()).toBe("a=1 in x/y/z/a.yaml");
    await folder.write("x/y/z/a.yaml", account("a", "2"));
    expect(await folder.next()).toBe("a=2 in x/y/z/a.yaml");
    await folder.replace("x/y/b.yaml", account("b", "1"));
    expect(await folder.next()).toBe("b=1 in x/y/b.yaml");
  });
  test("that are moved in and out as a whole bring and take what is in them", async () => {
    await using elsewhere = await watchedFolder({ "set/a.yaml": account("a", "1"), "set/deep/b.yaml": account("b", "1") });
    await using folder = await watchedFolder();
    await rename(elsewhere.path("set"), folder.path("set"));
    expect([await folder.next(), await folder.next()].toSorted()).toEqual(["a=1 in set/a.yaml", "b=1 in set/deep/b.yaml"]);
    await rename(folder.path("set"), elsewhere.path("set"));
    expect([await folder.next(), await folder.next()].toSorted()).toEqual(["a gone", "b gone"]);
  });
  test("that are deleted take their objects along, and are followed when they come back", async () => {
    await using folder = await watchedFolder({ "set/a.yaml": account("a", "0"), "set/deep/b.yaml": account("b", "0") });
    for (let n = 1; n <= 5; n += 1) {
      await rm(folder.path("set"), { recursive: true });
      expect((await folder.rest()).toSorted()).toEqual(["a gone", "b gone"]);
      await folder.write("set/a.yaml", account("a", `${n}`));
      await folder.write("set/deep/b.yaml", account("b", `${n}`));
      expect([await folder.next(), await folder.next()].toSorted()).toEqual([`a=${n} in set/a.yaml`, `b=${n} in set/deep/b.yaml`]);
    }
  });
  test("that are replaced at once by others of their name are followed on", async () => {
    await using folder = await watchedFolder({ "set/a.yaml": account("a", "1"), "spare/x.txt": "" });
    for (let n = 2; n <= 6; n += 1) {
      await cp(folder.path("set"), folder.path("spare/set"), { recursive: true });
      // Both before the watch can look: it finds a folder of the name it knows.
      rmSync(folder.path("set"), { recursive: true });
      renameSync(folder.path("spare/set"), folder.path("set"));
      await folder.rest();
      await folder.write("set/a.yaml", account("a", `${n}`));
      expect(await folder.until(`a=${n} in set/a.yaml`)).toBeDefined();
      expect(await folder.rest()).toEqual([]);
    }
  });
  test("may have the name of a manifest", async () => {
    await using folder = await watchedFolder();
    await mkdir(folder.path("odd.yaml"));
    await folder.write("odd.yaml/a.yaml", account("a", "1"));
    expect(await folder.next()).toBe("a=1 in odd.yaml/a.yaml");
    await rm(folder.path("odd.yaml"), { recursive: true });
    expect(await folder.rest()).toEqual(["a gone"]);
  });
  test("that lead round in a circle are not followed", async () => {
    await using folder = await watchedFolder({ "set/a.yaml": account("a", "1") });
    await symlink(folder.dir, folder.path("set/round"));
    await folder.write("set/a.yaml", account("a", "2"));
    expect(await folder.next()).toBe("a=2 in set/a.yaml");
  });
});

test("a watch ends when it is told to, and sees nothing after", async () => {
  const folder = await watchedFolder();
  await folder[Symbol.asyncDispose]();
  await expect(folder.next()).rejects.toThrow("ended");
});
