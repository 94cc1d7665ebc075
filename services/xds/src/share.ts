/** Within this much of its share a replica is content: proxies come back wherever chance takes them. */
const tolerance = 1.2;
/** Few proxies are never worth the trouble. */
const leastOver = 4;
/** Each is without a stream for a moment, and costs the replica it goes to a handshake. */
const mostAtOnce = 5;

/** How many connections a replica hands over now, of those it has, when the others that live have so many. */
export function toHandOver(own: number, others: readonly number[]): number {
  if (others.length === 0) return 0;
  const share = (own + others.reduce((sum, each) => sum + each, 0)) / (others.length + 1);
  if (own <= share * tolerance || own - share < leastOver) return 0;
  return Math.min(mostAtOnce, Math.floor(own - share));
}
