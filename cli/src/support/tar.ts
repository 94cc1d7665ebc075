/** A file of an archive. */
export interface TarFile {
  readonly path: string;
  readonly content: string;
}

const block = 512;

/** Files as a tar archive (POSIX ustar), which every tar reads. Times and owners are of nobody. @throws Error for a path that is too long */
export function tarOf(files: readonly TarFile[]): Buffer {
  return Buffer.concat([...files.flatMap(({ path, content }) => entry(path, Buffer.from(content))), Buffer.alloc(2 * block)]);
}

function entry(path: string, content: Buffer): readonly Buffer[] {
  return [header(path, content.length), content, Buffer.alloc((block - (content.length % block)) % block)];
}

function header(path: string, size: number): Buffer {
  const head = Buffer.alloc(block);
  const { name, prefix } = split(path);
  head.write(name, 0);
  head.write("0000600\0", 100);
  head.write("0000000\0", 108);
  head.write("0000000\0", 116);
  head.write(`${size.toString(8).padStart(11, "0")}\0`, 124);
  head.write("00000000000\0", 136);
  head.write(" ".repeat(8), 148);
  head.write("0", 156);
  head.write("ustar\x0000", 257);
  head.write(prefix, 345);
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return head;
}

/** A name has 100 bytes, and the folders before it 155. */
function split(path: string): { readonly name: string; readonly prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: "" };
  const at = path.lastIndexOf("/");
  const [prefix, name] = [path.slice(0, at), path.slice(at + 1)];
  if (at < 0 || Buffer.byteLength(name) > 100 || Buffer.byteLength(prefix) > 155) throw new Error(`a path is too long for an archive: ${path}`);
  return { name, prefix };
}
