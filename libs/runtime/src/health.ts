/** One thing that must hold before the service may be used. It starts unmet. */
export interface Condition {
  met(): void;
  unmet(reason: string): void;
}

export interface Unmet {
  readonly condition: string;
  readonly reason: string;
}

export interface Health {
  /** Adds a condition. @throws TypeError when the name is taken. */
  condition(name: string): Condition;
  /** What keeps the service from being ready, in the order the conditions were made; empty: it is ready. */
  unmet(): readonly Unmet[];
}

/** Ready when every condition is met; with no condition at all it is ready. */
export function createHealth(): Health {
  const reasons = new Map<string, string | undefined>();
  return {
    condition(name) {
      if (reasons.has(name)) throw new TypeError(`condition exists: ${name}`);
      reasons.set(name, "not yet");
      return {
        met: () => void reasons.set(name, undefined),
        unmet: (reason) => void reasons.set(name, reason),
      };
    },
    unmet: () => [...reasons].flatMap(([condition, reason]) => (reason === undefined ? [] : [{ condition, reason }])),
  };
}
