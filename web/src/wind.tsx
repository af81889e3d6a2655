import { useEffect } from 'preact/hooks';
import type { Feed } from './feed';
import { from, useResource, useSpeech } from './hooks';
import { Card, Empty, sentenceFor, Skeleton } from './parts';

/** The newest record of one turbine. */
interface Turbine {
  readonly id: number;
  readonly valor_produccion: number | null;
  readonly velocidad_viento: number | null;
  readonly direccion_viento?: string | null;
  readonly temperatura: number | null;
  readonly error?: boolean;
  readonly timestamp?: string;
  readonly calidad?: readonly string[];
}

interface Interval {
  readonly inicio: string;
  readonly media_produccion: number | null;
}

interface Aggregates {
  readonly media_produccion: number | null;
  readonly total_produccion: number | null;
  readonly numero_errores: number;
  readonly intervalos?: readonly Interval[];
}

const REFRESH_MS = 30_000;
const MOST_TURBINES = 200;
/** A record that only came late is as good as a timely one. */
const HARMLESS = 'fuera_de_orden';

export function WindCard(props: { feed: Feed }) {
  const speech = useSpeech();
  const { t } = speech;
  const turbines = useResource(from<Turbine[]>('/datos-generadores/'), REFRESH_MS);
  const aggregates = useResource(from<Aggregates>('/agregados/?intervalo=1m'), REFRESH_MS);

  useEffect(() => {
    props.feed.onTurbine = () => {
      turbines.hint();
      aggregates.hint();
    };
    return () => {
      props.feed.onTurbine = () => {};
    };
  }, [props.feed]);

  const { loaded } = turbines;
  if (loaded.state === 'hidden' || (loaded.state === 'ready' && loaded.data.length === 0)) return null;
  return (
    <Card title={t.wind} name="wind">
      {loaded.state === 'loading' && <Skeleton lines={4} />}
      {loaded.state === 'failed' && <Empty text={sentenceFor(loaded.failure, t)} retry={turbines.reload} />}
      {loaded.state === 'ready' && (
        <>
          {aggregates.loaded.state === 'ready' && (
            <Park park={aggregates.loaded.data} turbines={loaded.data} />
          )}
          <h3>
            {t.turbines} <span class="unit">({t.turbineUnits})</span>
          </h3>
          <ul class="turbines">
            {[...loaded.data]
              .sort((a, b) => a.id - b.id)
              .slice(0, MOST_TURBINES)
              .map((turbine) => (
                <TurbineTile key={turbine.id} turbine={turbine} />
              ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function flagsOf(turbine: Turbine): string[] {
  const flags = (turbine.calidad ?? []).filter((flag) => flag !== HARMLESS);
  if (turbine.error && flags.length === 0) flags.push('error_dispositivo');
  return flags;
}

function Park(props: { park: Aggregates; turbines: readonly Turbine[] }) {
  const speech = useSpeech();
  const { t } = speech;
  const { park, turbines } = props;
  const valid = turbines.filter((turbine) => flagsOf(turbine).length === 0).length;
  const figure = (value: number | null) => (value === null ? '–' : speech.measured(value));
  return (
    <>
      <div class="park">
        <div class="park-mean">
          <p class="label">{t.windMean}</p>
          <p class="figure small">
            <span>{figure(park.media_produccion)}</span>
            <span class="figure-unit">kWh</span>
          </p>
        </div>
        <dl class="park-facts">
          <div>
            <dt>{t.windTotal}</dt>
            <dd>
              {figure(park.total_produccion)} <small>kWh</small>
            </dd>
          </div>
          <div>
            <dt>{t.windValid}</dt>
            <dd>{t.ofTotal(speech.number(valid), speech.number(turbines.length))}</dd>
          </div>
          <div class={park.numero_errores > 0 ? 'flagged' : ''}>
            <dt>{t.windErrors}</dt>
            <dd>{speech.number(park.numero_errores)}</dd>
          </div>
        </dl>
      </div>
      <MinuteBars intervals={park.intervalos ?? []} />
    </>
  );
}

const BARS = 60;

function MinuteBars(props: { intervals: readonly Interval[] }) {
  const speech = useSpeech();
  const { t } = speech;
  const values = props.intervals.slice(-BARS).map((interval) => interval.media_produccion);
  const measured = values.filter((value) => value !== null);
  if (measured.length < 2) return null;
  const top = Math.max(...measured, 1);
  const count = Math.max(values.length, 20);
  return (
    <figure class="bars">
      <svg
        viewBox={`0 0 ${count * 4} 40`}
        preserveAspectRatio="none"
        role="img"
        aria-label={t.windBars(
          speech.number(measured.length),
          speech.measured(Math.min(...measured)),
          speech.measured(Math.max(...measured)),
        )}
      >
        {values.map((value, i) =>
          value === null ? null : (
            <rect
              key={i}
              x={(count - values.length + i) * 4 + 0.5}
              width="3"
              y={40 - Math.max(1, (value / top) * 40)}
              height={Math.max(1, (value / top) * 40)}
              rx="0.8"
            />
          ),
        )}
      </svg>
      <figcaption>{t.windPerMinute}</figcaption>
    </figure>
  );
}

/** Where the wind comes from, in degrees clockwise from north. */
const BEARINGS: Record<string, number> = { N: 0, NE: 45, E: 90, SE: 135, S: 180, SW: 225, W: 270, NW: 315 };

function TurbineTile(props: { turbine: Turbine }) {
  const speech = useSpeech();
  const { t } = speech;
  const { turbine } = props;
  const flags = flagsOf(turbine);
  const bearing = BEARINGS[turbine.direccion_viento?.toUpperCase() ?? ''];
  const production = turbine.valor_produccion;
  const wind = turbine.velocidad_viento;
  return (
    <li class={flags.length > 0 ? 'turbine flagged' : 'turbine'}>
      <p class="turbine-id">
        <span>
          <span class="unseen">{t.turbine} </span>
          {turbine.id}
        </span>
        <Mark good={flags.length === 0} />
      </p>
      <p class="turbine-value">
        {production === null ? '–' : speech.number(production, 1)}
        <span class="unseen"> kWh</span>
      </p>
      <p class="turbine-wind">
        {bearing !== undefined && (
          <svg viewBox="0 0 16 16" width="12" height="12" aria-hidden="true">
            <path d="M8 14V3M4 7l4-4 4 4" transform={`rotate(${bearing + 180} 8 8)`} />
          </svg>
        )}
        <span class="unseen">{t.windSpeed} </span>
        {wind === null ? '–' : speech.number(wind, 1)}
        <span class="unseen"> m/s</span>
      </p>
      <p class={flags.length > 0 ? 'turbine-quality' : 'unseen'}>
        {flags.length > 0 ? flags.map((f) => speech.flag(f)).join(', ') : t.qualityGood}
      </p>
    </li>
  );
}

/** Good or not, told by shape as well as by colour. */
function Mark(props: { good: boolean }) {
  return (
    <svg class={props.good ? 'mark good' : 'mark bad'} viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
      {props.good ? <path d="M3.5 8.5l3 3 6-7" /> : <path d="M8 3v6M8 12.6v.4" />}
    </svg>
  );
}
