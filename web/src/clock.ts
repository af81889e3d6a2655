/** A smaller difference is the coarseness of the header and the way of the answer. */
const NOTEWORTHY_MS = 3_000;

let aheadMs = 0;

/** Learns from the `Date` of an answer how far this computer's clock is off the server's. */
export function noteServerDate(header: string | null): void {
  const at = header ? Date.parse(header) : NaN;
  if (Number.isNaN(at)) return;
  const ahead = at - Date.now();
  aheadMs = Math.abs(ahead) < NOTEWORTHY_MS ? 0 : ahead;
}

/** The server's time of day in milliseconds: readings carry its time, so ages must use it too. */
export function serverNow(): number {
  return Date.now() + aheadMs;
}
