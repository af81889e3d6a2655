const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 30_000;

/** The wait before attempt number `attempt` (0, 1, …): doubling, with jitter, 1 s to 30 s. */
export function backOff(attempt: number, random: number): number {
  const whole = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempt, 10));
  return Math.max(FIRST_DELAY_MS, whole * (0.5 + random / 2));
}
