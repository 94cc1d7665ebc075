import { textHash } from "./text-hash.ts";

/**
 * The member that a key falls to: the one with the highest hash beside it. All members agree on it without a word, and when
 * one comes or goes no key moves but to it or from it. @throws RangeError when there is no member.
 */
export function ownerOf(key: string, members: Iterable<string>): string {
  let owner: { readonly member: string; readonly weight: number } | undefined;
  for (const member of members) {
    const weight = textHash(`${member} ${key}`);
    const isHigher = !owner || weight > owner.weight || (weight === owner.weight && member < owner.member);
    if (isHigher) owner = { member, weight };
  }
  if (!owner) throw new RangeError("nobody to own a key");
  return owner.member;
}
