import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";

/**
 * Gives a file that others have mounted another text, by one write and without emptying it first: whoever reads it meanwhile finds
 * every line that stays where it was. What was longer is filled up with empty lines before it is cut.
 */
export function writeInPlace(path: string, text: string): void {
  const file = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o644);
  try {
    const bytes = Buffer.from(text);
    const left = fstatSync(file).size - bytes.length;
    writeSync(file, left > 0 ? Buffer.concat([bytes, Buffer.alloc(left, "\n")]) : bytes, 0, undefined, 0);
    if (left > 0) ftruncateSync(file, bytes.length);
  } finally {
    closeSync(file);
  }
}
