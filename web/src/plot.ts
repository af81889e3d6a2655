import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { serverNow } from './clock';
import { GAP_MS, type PowerSeries } from './series';
import type { Speech } from './text';

/** How much of the newest time the chart shows, in milliseconds; infinite for everything held. */
export type Span = number;

const NARROWEST_MS = 60_000;
/** The line need not move more often than this while nothing new arrives. */
const SCROLL_MS = 1_000;

/** The stretch of time in view: ends now, and begins no earlier than there are data. */
export function windowOf(series: PowerSeries, span: Span, now: number): [from: number, to: number] {
  const first = series.points[0]?.at ?? now;
  const to = Math.max(now, series.latest?.at ?? now);
  return [Math.min(Math.max(first, to - span), to - NARROWEST_MS), to];
}

/**
 * The live line chart. Follows its series and the size of its host until destroyed; draws at most
 * once per frame and reads its colours from the style sheet.
 */
export class PowerPlot {
  readonly #host: HTMLElement;
  readonly #series: PowerSeries;
  readonly #speech: Speech;
  readonly #plot: uPlot;
  readonly #tip = document.createElement('div');
  readonly #size: ResizeObserver;
  readonly #unsubscribe: () => void;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #span: Span;

  constructor(host: HTMLElement, series: PowerSeries, speech: Speech, span: Span) {
    this.#host = host;
    this.#series = series;
    this.#speech = speech;
    this.#span = span;
    this.#tip.className = 'tip';
    this.#tip.hidden = true;
    this.#plot = new uPlot(this.#options(), series.columns(), host);
    this.#plot.over.append(this.#tip);
    this.#size = new ResizeObserver(() => this.#plot.setSize(this.#extent()));
    this.#size.observe(host);
    this.#unsubscribe = series.subscribe(() => this.draw());
    if (!matchMedia('(prefers-reduced-motion: reduce)').matches) {
      this.#timer = setInterval(() => {
        if (!document.hidden) this.draw();
      }, SCROLL_MS);
    }
    this.draw();
  }

  show(span: Span): void {
    this.#span = span;
    this.draw();
  }

  draw(): void {
    const [from, to] = windowOf(this.#series, this.#span, serverNow());
    this.#plot.batch(() => {
      this.#plot.setData(this.#series.columns(), false);
      this.#plot.setScale('x', { min: from / 1000, max: to / 1000 });
    });
  }

  destroy(): void {
    clearInterval(this.#timer);
    this.#unsubscribe();
    this.#size.disconnect();
    this.#plot.destroy();
  }

  #extent(): { width: number; height: number } {
    return {
      width: Math.max(200, this.#host.clientWidth),
      height: Math.max(160, this.#host.clientHeight),
    };
  }

  #options(): uPlot.Options {
    const style = getComputedStyle(this.#host);
    const colour = (name: string) => style.getPropertyValue(name).trim();
    const em = parseFloat(style.fontSize) * 0.8;
    const font = `${em}px ${style.fontFamily}`;
    const line = colour('--line');
    const surface = colour('--surface');
    const axis: uPlot.Axis = {
      stroke: colour('--ink-soft'),
      font,
      ticks: { show: false },
      grid: { stroke: colour('--grid'), width: 1 },
    };
    return {
      ...this.#extent(),
      padding: [em, em * 0.8, 0, 0],
      legend: { show: false },
      cursor: {
        y: false,
        drag: { x: false, y: false },
        points: { size: em * 0.8, fill: line, stroke: surface, width: 2 },
      },
      scales: {
        x: { time: true },
        y: { range: (_, min, max) => fromZero(min, max) },
      },
      axes: [
        {
          ...axis,
          grid: { show: false },
          space: em * 7,
          size: em * 2.4,
          values: (_, splits, __, ___, step) => splits.map((s) => this.#tick(s * 1000, step)),
        },
        {
          ...axis,
          space: em * 3.6,
          size: (_, values) => em * (1.2 + 0.62 * Math.max(3, ...(values ?? []).map((v) => v.length))),
          values: (_, splits) => {
            const step = (splits[1] ?? 1) - (splits[0] ?? 0);
            const digits = step >= 1 ? 0 : step >= 0.1 ? 1 : step >= 0.01 ? 2 : 3;
            return splits.map((v) => this.#speech.number(v, digits));
          },
        },
      ],
      series: [
        {},
        {
          stroke: line,
          width: Math.max(2, em * 0.14),
          fill: (plot) => fading(plot, colour('--line-haze'), colour('--line-fade')),
          points: {
            show: false,
            size: em * 0.5,
            fill: line,
            stroke: line,
            filter: (plot) => lonely(plot.data[1]!),
          },
        },
      ],
      hooks: {
        draw: [(plot) => drawLatest(plot, line, surface, em)],
        setCursor: [(plot) => this.#showTip(plot)],
      },
    };
  }

  #tick(at: number, stepSeconds: number): string {
    const midnight = new Date(at).setHours(0, 0, 0, 0) === at;
    if (stepSeconds >= 86_400 || (midnight && stepSeconds >= 3600)) return this.#speech.day(at);
    return stepSeconds < 60 ? this.#speech.clockSeconds(at) : this.#speech.clock(at);
  }

  #showTip(plot: uPlot): void {
    const index = plot.cursor.idx;
    const at = index == null ? undefined : plot.data[0][index];
    const kw = index == null ? undefined : plot.data[1]![index];
    this.#tip.hidden = at === undefined || kw == null;
    if (at === undefined || kw == null) return;
    this.#tip.textContent = `${this.#speech.kilowatts(kw)} kW · ${this.#speech.clockSeconds(at * 1000)}`;
    const x = plot.valToPos(at, 'x');
    const half = this.#tip.offsetWidth / 2;
    const kept = Math.min(Math.max(x, half), plot.over.clientWidth - half);
    this.#tip.style.transform = `translateX(calc(${kept}px - 50%))`;
  }
}

/** Zero is always in view, with a little air above what was measured. */
function fromZero(min: number | null, max: number | null): [number, number] {
  const low = Math.min(0, min ?? 0);
  const high = Math.max(0, max ?? 0);
  const air = (high - low) * 0.12;
  return [low < 0 ? low - air : 0, high > 0 ? high + air : low < 0 ? air : 1];
}

/** Points with a gap on both sides: no line would ever show them. */
function lonely(ys: ArrayLike<number | null | undefined>): number[] {
  const found: number[] = [];
  for (let i = 0; i < ys.length; i++) {
    if (ys[i] != null && ys[i - 1] == null && ys[i + 1] == null) found.push(i);
  }
  return found;
}

function fading(plot: uPlot, above: string, below: string): CanvasGradient | string {
  const { top, height } = plot.bbox;
  if (!Number.isFinite(top) || !(height > 0)) return 'transparent';
  const gradient = plot.ctx.createLinearGradient(0, top, 0, top + height);
  gradient.addColorStop(0, above);
  gradient.addColorStop(1, below);
  return gradient;
}

/** A dot on the newest value while it is fresh: the one place to look. */
function drawLatest(plot: uPlot, line: string, surface: string, em: number): void {
  const last = plot.data[0].length - 1;
  const at = plot.data[0][last];
  const kw = plot.data[1]![last];
  if (at === undefined || kw == null || serverNow() - at * 1000 > GAP_MS) return;
  const { ctx } = plot;
  ctx.save();
  ctx.beginPath();
  ctx.arc(
    plot.valToPos(at, 'x', true),
    plot.valToPos(kw, 'y', true),
    em * 0.36 * uPlot.pxRatio,
    0,
    2 * Math.PI,
  );
  ctx.fillStyle = line;
  ctx.strokeStyle = surface;
  ctx.lineWidth = 2 * uPlot.pxRatio;
  ctx.fill();
  ctx.stroke();
  ctx.restore();
}
