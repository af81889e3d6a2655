import { useEffect, useId, useMemo, useRef, useState } from 'preact/hooks';
import type { Feed } from './feed';
import { useNow, useObserved, useSpeech } from './hooks';
import { Empty, Skeleton } from './parts';
import { PowerPlot, type Span, windowOf } from './plot';
import { type PowerSeries, summarise, tabulate } from './series';

const STALE_MS = 60_000;
const SPANS: readonly [label: 'span5' | 'span30' | 'spanAll', span: Span][] = [
  ['span5', 5 * 60_000],
  ['span30', 30 * 60_000],
  ['spanAll', Infinity],
];
const TABLE_ROWS = 60;

/** Power now, what it was a while ago, and the line between. */
export function Power(props: { feed: Feed }) {
  const { t } = useSpeech();
  const { power, history } = props.feed;
  useObserved(history);
  const [span, setSpan] = useState<Span>(SPANS[1]![1]);
  const [asTable, setAsTable] = useState(false);
  const heading = useId();

  if (history.state === 'forbidden') return null;
  return (
    <div class="power">
      <section class="now" aria-label={t.powerNow}>
        <Now series={power} loading={history.state === 'loading'} />
        <Today series={power} span={span} />
      </section>
      <section class="card chart-card" aria-labelledby={heading}>
        <header class="card-head chart-head">
          <h2 id={heading}>
            {t.chartTitle} <span class="unit">({t.unitKw})</span>
          </h2>
          <div class="segments" role="group" aria-label={t.spanLabel}>
            {SPANS.map(([label, value]) => (
              <button key={label} type="button" aria-pressed={span === value} onClick={() => setSpan(value)}>
                {t[label]}
              </button>
            ))}
          </div>
          <button type="button" class="button quiet" onClick={() => setAsTable(!asTable)}>
            {asTable ? t.showChart : t.showTable}
          </button>
        </header>
        <ChartBody feed={props.feed} span={span} asTable={asTable} />
      </section>
    </div>
  );
}

function ChartBody(props: { feed: Feed; span: Span; asTable: boolean }) {
  const { t } = useSpeech();
  const { power, history } = props.feed;
  useObserved(power);
  if (power.points.length > 0) {
    return props.asTable ? <Table series={power} span={props.span} /> : <Chart series={power} span={props.span} />;
  }
  if (history.state === 'loading') return <Skeleton lines={6} />;
  if (history.state === 'failed') {
    return <Empty text={t.serverUnreachable} retry={() => void props.feed.loadHistory()} />;
  }
  return <Empty text={t.chartEmpty} />;
}

function Now(props: { series: PowerSeries; loading: boolean }) {
  const speech = useSpeech();
  const { t } = speech;
  useObserved(props.series);
  const now = useNow(1_000);
  const latest = props.series.latest;
  const age = latest ? Math.max(0, now - latest.at) : 0;
  const stale = latest !== undefined && age > STALE_MS;
  return (
    <div class={stale ? 'now-value stale' : 'now-value'}>
      <p class="label">{t.powerNow}</p>
      <p class="figure">
        <output data-testid="power-now">{latest ? speech.kilowatts(latest.kw) : '–'}</output>
        <span class="figure-unit">{t.unitKw}</span>
      </p>
      <p class="age" data-testid="power-age">
        {latest ? (stale ? t.stale(speech.age(age)) : speech.age(age)) : props.loading ? t.loading : t.noReadingYet}
      </p>
    </div>
  );
}

/** Smallest, mean and largest of today's readings among those in view. */
function Today(props: { series: PowerSeries; span: Span }) {
  const speech = useSpeech();
  const { t } = speech;
  useObserved(props.series);
  const now = useNow(10_000);
  const [from] = windowOf(props.series, props.span, now);
  const summary = summarise(props.series.since(Math.max(from, new Date(now).setHours(0, 0, 0, 0))));
  const figure = (kw: number | undefined) => (kw === undefined ? '–' : speech.kilowatts(kw));
  return (
    <div class="today">
      <dl>
        <div>
          <dt>{t.minimum}</dt>
          <dd>{figure(summary?.min)}</dd>
        </div>
        <div>
          <dt>{t.mean}</dt>
          <dd>{figure(summary?.mean)}</dd>
        </div>
        <div>
          <dt>{t.maximum}</dt>
          <dd>{figure(summary?.max)}</dd>
        </div>
      </dl>
      <p class="hint">
        {summary ? t.todaySince(speech.clock(summary.from), speech.number(summary.count)) : t.nothingToday}
      </p>
    </div>
  );
}

/** Counts how often the system changed between light and dark: canvas colours must follow by hand. */
function useSchemeChanges(): number {
  const [changes, setChanges] = useState(0);
  useEffect(() => {
    const dark = matchMedia('(prefers-color-scheme: dark)');
    const changed = () => setChanges((n) => n + 1);
    dark.addEventListener('change', changed);
    return () => dark.removeEventListener('change', changed);
  }, []);
  return changes;
}

function Chart(props: { series: PowerSeries; span: Span }) {
  const speech = useSpeech();
  const { t } = speech;
  const scheme = useSchemeChanges();
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<PowerPlot>();
  const now = useNow(10_000);

  useEffect(() => {
    plot.current = new PowerPlot(host.current!, props.series, speech, props.span);
    return () => plot.current?.destroy();
  }, [props.series, speech, scheme]);
  useEffect(() => plot.current?.show(props.span), [props.span]);

  // Every ten seconds is enough for an ear.
  const summary = useMemo(() => {
    const [from, to] = windowOf(props.series, props.span, now);
    const shown = summarise(props.series.since(from));
    if (!shown) return t.chartWaiting;
    const kw = (value: number) => `${speech.kilowatts(value)} kW`;
    return t.chartSummary(
      speech.moment(from),
      speech.moment(to),
      kw(props.series.latest!.kw),
      kw(shown.min),
      kw(shown.max),
      kw(shown.mean),
    );
  }, [props.series, props.span, speech, now]);

  return (
    <div class="chart-frame">
      <div class="chart" role="img" aria-label={summary} ref={host} data-testid="chart" />
      {summary === t.chartWaiting && <p class="chart-note">{t.chartWaiting}</p>}
    </div>
  );
}

function Table(props: { series: PowerSeries; span: Span }) {
  const speech = useSpeech();
  const { t } = speech;
  const now = useNow(5_000);
  const [from] = windowOf(props.series, props.span, now);
  const rows = tabulate(props.series.since(from), TABLE_ROWS).reverse();
  if (rows.length === 0) return <Empty text={t.chartWaiting} />;
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={t.tableCaption}>
      <table data-testid="chart-table">
        <caption class="unseen">{t.tableCaption}</caption>
        <thead>
          <tr>
            <th scope="col">{t.columnTime}</th>
            <th scope="col">{t.mean}</th>
            <th scope="col">{t.minimum}</th>
            <th scope="col">{t.maximum}</th>
            <th scope="col">{t.columnCount}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.at}>
              <th scope="row">{speech.moment(row.at)}</th>
              <td>{speech.kilowatts(row.mean)}</td>
              <td>{speech.kilowatts(row.min)}</td>
              <td>{speech.kilowatts(row.max)}</td>
              <td>{speech.number(row.count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
