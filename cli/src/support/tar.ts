/** A file of an archive. */
export interface TarFile {
  readonly path: string;
  readonly content: string;
}

const block = 512;

/** Files as a tar archive (POSIX ustar, with pax headers for long paths), which every tar reads. Times and owners are of nobody. */
export function tarOf(files: readonly TarFile[]): Buffer {
  return Buffer.concat([...files.flatMap(({ path, content }) => entry(path, Buffer.from(content))), Buffer.alloc(2 * block)]);
}

function entry(path: string, content: Buffer): readonly Buffer[] {
  const place = split(path);
  const known = place ?? { name: "long-path", prefix: "" };
  return [...(place ? [] : longPath(path)), ...blocks({ ...known, type: "0" }, content)];
}

/** Goes before an entry whose path has no room in its header. */
function longPath(path: string): readonly Buffer[] {
  const rest = ` path=${path}\n`;
  const lengthOf = (digits: number): number => digits + Buffer.byteLength(rest);
  // The length counts its own digits.
  const digits = [1, 2, 3, 4, 5].find((count) => String(lengthOf(count)).length === count) ?? 6;
  return blocks({ name: "pax-header", prefix: "", type: "x" }, Buffer.from(`${lengthOf(digits)}${rest}`));
}

interface Place {
  readonly name: string;
  readonly prefix: string;
}

interface Entry extends Place {
  /** `0` for a file, `x` for what tells more of the next. */
  readonly type: "0" | "x";
}

function blocks(of: Entry, content: Buffer): readonly Buffer[] {
  return [header(of, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
}

function header({ name, prefix, type }: Entry, size: number): Buffer {
  const head = Buffer.alloc(block);
  head.write(name, 0);
  head.write("0000600\0", 100);
  head.write("0000000\0", 108);
  head.write("0000000\0", 116);
  head.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  head.write("00000000000\0", 136);
  head.write(" ".repeat(8), 148);
  head.write(type, 156);
  head.write("ustar\x0000", 257);
  head.write(prefix, 345);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}

/** A name has 100 bytes, and the folders before it 155. Undefined for a path that has no room. */
function split(path: string): Place | undefined {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  const at = path.lastIndexOf("/");
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
  return at < 0 || Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155 ? undefined : { name, prefix };
}
