import { Observable } from './frame';

/** Power at one moment: Unix time in milliseconds, kilowatts drawn from the grid. */
export interface Point {
  readonly at: number;
  readonly kw: number;
}

export interface Summary {
  readonly count: number;
  readonly from: number;
  readonly to: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** One row of the chart's table: a stretch of time with what was measured in it. */
export interface Bucket {
  readonly at: number;
  readonly count: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
}

/** Points farther apart than this are not joined by a line: nobody knows what happened between. */
export const GAP_MS = 60_000;

const BUCKET_WIDTHS_MS = [
  10e3, 30e3, 60e3, 300e3, 900e3, 3600e3, 3 * 3600e3, 6 * 3600e3, 24 * 3600e3, 7 * 24 * 3600e3,
];

/**
 * The newest points of one meter, in order of time, never more than `capacity`. A point that comes
 * late is put in its place; a second one for the same moment replaces the first.
 */
export class PowerSeries extends Observable {
  readonly #capacity: number;
  #points: Point[] = [];
  #columns: [number[], (number | null)[]] | undefined;

  constructor(capacity = 3600) {
    super();
    this.#capacity = capacity;
  }

  get points(): readonly Point[] {
    return this.#points;
  }

  get latest(): Point | undefined {
    return this.#points.at(-1);
  }

  add(point: Point): void {
    this.addAll([point]);
  }

  addAll(points: readonly Point[]): void {
    const good = points.filter((p) => Number.isFinite(p.at) && Number.isFinite(p.kw));
    if (good.length === 0) return;
    if (good.length === 1 && good[0]!.at > (this.latest?.at ?? -Infinity)) {
      this.#points.push(good[0]!);
    } else {
      const byTime = new Map<number, Point>();
      for (const p of this.#points) byTime.set(p.at, p);
      for (const p of good) byTime.set(p.at, p);
      this.#points = [...byTime.values()].sort((a, b) => a.at - b.at);
    }
    const excess = this.#points.length - this.#capacity;
    if (excess > 0) this.#points.splice(0, excess);
    this.#columns = undefined;
    this.changed();
  }

  /** Seconds and kilowatts as the chart wants them, with an empty value inside every gap. */
  columns(): [number[], (number | null)[]] {
    if (this.#columns) return this.#columns;
    const xs: number[] = [];
    const ys: (number | null)[] = [];
    let before: Point | undefined;
    for (const point of this.#points) {
      if (before && point.at - before.at > GAP_MS) {
        xs.push((before.at + point.at) / 2000);
        ys.push(null);
      }
      xs.push(point.at / 1000);
      ys.push(point.kw);
      before = point;
    }
    this.#columns = [xs, ys];
    return this.#columns;
  }

  /** The points from that moment on. */
  since(from: number): readonly Point[] {
    let low = 0;
    let high = this.#points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#points[middle]!.at < from) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? this.#points : this.#points.slice(low);
  }
}

export function summarise(points: readonly Point[]): Summary | undefined {
  const first = points[0];
  const last = points.at(-1);
  if (!first || !last) return undefined;
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (const { kw } of points) {
    if (kw < min) min = kw;
    if (kw > max) max = kw;
    sum += kw;
  }
  return { count: points.length, from: first.at, to: last.at, min, max, mean: sum / points.length };
}

/**
 * The same points as at most `rows` rows, oldest first: one row per point while they are few, else
 * the narrowest round stretch of time that fits.
 */
export function tabulate(points: readonly Point[], rows: number): Bucket[] {
  if (points.length <= rows) {
    return points.map(({ at, kw }) => ({ at, count: 1, min: kw, max: kw, mean: kw }));
  }
  for (const width of BUCKET_WIDTHS_MS) {
    const buckets = bucketsOf(points, width);
    if (buckets.length <= rows) return buckets;
  }
  return bucketsOf(points, BUCKET_WIDTHS_MS.at(-1)!).slice(-rows);
}

function bucketsOf(points: readonly Point[], width: number): Bucket[] {
  const groups = new Map<number, Point[]>();
  for (const point of points) {
    const start = Math.floor(point.at / width) * width;
    const group = groups.get(start);
    if (group) group.push(point);
    else groups.set(start, [point]);
  }
  return [...groups].map(([at, group]) => {
    const { count, min, max, mean } = summarise(group)!;
    return { at, count, min, max, mean };
  });
}
