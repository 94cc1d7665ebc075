import { PkiError } from "./error.ts";

/** Whole or fractional seconds since 1970 UTC, as JWT's NumericDate. All times of this package are such numbers. */
export type UnixSeconds = number;

/** How far the clocks of two machines may differ. */
export const clockSkewSec = 60;

const daySec = 86_400;
/** X.509 can say no later instant; a time in milliseconds handed in by mistake is beyond it. */
const lastInstant = 253_402_300_799;

/** `YYYYMMDDHHMMSSZ` with a four-digit year. @throws PkiError before 1970, and after the year 9999. */
export function timeText(at: UnixSeconds): string {
  if (!(at >= 0 && at <= lastInstant)) throw new PkiError("Unreadable", "a time that a certificate cannot say");
  const days = Math.floor(at / daySec);
  const second = Math.floor(at) - days * daySec;
  const [year, month, day] = civilDay(days);
  const clock = [Math.floor(second / 3600), Math.floor(second / 60) % 60, second % 60];
  return `${String(year).padStart(4, "0")}${[month, day, ...clock].map(twoDigits).join("")}Z`;
}

/** The instant of a `YYYYMMDDHHMMSSZ`. @throws PkiError when the text is no such time. */
export function timeOf(text: string): UnixSeconds {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(text)?.slice(1).map(Number);
  if (!parts) throw new PkiError("Unreadable", "not a certificate's time");
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = parts;
  const at = dayNumber(year, month, day) * daySec + hour * 3600 + minute * 60 + second;
  // A 31 February or a 25th hour does not read back as it was written.
  if (timeText(at) !== text) throw new PkiError("Unreadable", "not a time of any calendar");
  return at;
}

const meanYearDays = 365.2425;

/** Days since 1970 of a Gregorian date. */
function dayNumber(year: number, month: number, day: number): number {
  const before = monthLengths(year).slice(0, month - 1);
  return daysBeforeYear(year) + before.reduce((sum, length) => sum + length, 0) + day - 1;
}

function civilDay(days: number): readonly [number, number, number] {
  // The mean is at most a year off; the two steps below mend that.
  let year = 1970 + Math.floor(days / meanYearDays);
  while (daysBeforeYear(year) > days) year -= 1;
  while (daysBeforeYear(year + 1) <= days) year += 1;

  let day = days - daysBeforeYear(year);
  let month = 1;
  for (const length of monthLengths(year)) {
    if (day < length) break;
    day -= length;
    month += 1;
  }
  return [year, month, day + 1];
}

function daysBeforeYear(year: number): number {
  return 365 * (year - 1970) + leapYearsBefore(year) - leapYearsBefore(1970);
}

function leapYearsBefore(year: number): number {
  const last = year - 1;
  return Math.floor(last / 4) - Math.floor(last / 100) + Math.floor(last / 400);
}

function monthLengths(year: number): readonly number[] {
  const february = leapYearsBefore(year + 1) > leapYearsBefore(year) ? 29 : 28;
  return [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}
