import { z } from "zod";

const unitSec: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 };

/** Seconds of a duration as Kubernetes objects write it: `24h`, `1h30m`, `45s`. At least a second. */
export const durationSec = z
  .string()
  .regex(/^(\d{1,6}h)?(\d{1,6}m)?(\d{1,6}s)?$/)
  .transform((text) => [...text.matchAll(/(\d+)([hms])/g)].reduce((sum, [, count, unit = ""]) => sum + Number(count) * (unitSec[unit] ?? 0), 0))
  .pipe(z.number().min(1));
