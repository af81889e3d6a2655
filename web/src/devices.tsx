import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Device, Devices, Feed, Measured } from './feed';
import { from, useNow, useObserved, useResource, useSpeech } from './hooks';
import { Card, Empty, sentenceFor, Skeleton } from './parts';
import type { Speech } from './text';

const REFRESH_MS = 60_000;
/** A device heard of within this time counts as online. */
const ALIVE_MS = 120_000;
const FIRST_SHOWN = 12;
/** Turbines have a card of their own. */
const TURBINE = 'aerogenerador';
const NOT_SAID = 'desconocido';
const FACTS_SHOWN = 4;

function isOnline(heardAt: number | undefined, now: number): boolean {
  return heardAt !== undefined && now - heardAt < ALIVE_MS;
}

export function DevicesCard(props: { feed: Feed }) {
  const speech = useSpeech();
  const { t } = speech;
  const { devices } = props.feed;
  const { loaded, reload, hint } = useResource(from<Device[]>('/dispositivos'), REFRESH_MS);
  const [all, setAll] = useState(false);
  useObserved(devices);
  const now = useNow(5_000);

  useEffect(() => {
    props.feed.onDevicesChanged = hint;
    return () => {
      props.feed.onDevicesChanged = () => {};
    };
  }, [props.feed]);
  useEffect(() => {
    if (loaded.state === 'ready' && Array.isArray(loaded.data)) devices.replace(loaded.data);
  }, [loaded]);

  const { compare } = useMemo(() => new Intl.Collator(speech.language, { numeric: true }), [speech]);
  const list = devices
    .list()
    .filter((device) => device.tipo !== TURBINE)
    .sort((a, b) => compare(titleOf(a), titleOf(b)));

  if (loaded.state === 'hidden') return null;
  if (list.length === 0) {
    return (
      <Card title={t.devices} name="devices">
        {loaded.state === 'loading' && <Skeleton lines={4} />}
        {loaded.state === 'failed' && <Empty text={sentenceFor(loaded.failure, t)} retry={reload} />}
        {loaded.state === 'ready' && <Empty text={t.devicesEmpty} />}
      </Card>
    );
  }
  const online = list.filter((device) => isOnline(devices.heardAt(device.serial_number), now)).length;
  return (
    <Card
      title={t.devices}
      name="devices"
      aside={<p class="aside">{t.devicesOnline(speech.number(online), speech.number(list.length))}</p>}
    >
      <ul class="devices">
        {(all ? list : list.slice(0, FIRST_SHOWN)).map((device) => (
          <DeviceRow key={device.serial_number} device={device} devices={devices} now={now} />
        ))}
      </ul>
      {list.length > FIRST_SHOWN && (
        <button type="button" class="button" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? t.showFewer : t.showAll(speech.number(list.length))}
        </button>
      )}
    </Card>
  );
}

function titleOf(device: Device): string {
  // "No definido" is what an unclaimed device is called: its serial says more.
  return device.nombre && device.nombre !== 'No definido' ? device.nombre : device.serial_number;
}

function DeviceRow(props: { device: Device; devices: Devices; now: number }) {
  const speech = useSpeech();
  const { t } = speech;
  const { device, devices, now } = props;
  const heardAt = devices.heardAt(device.serial_number);
  const online = isOnline(heardAt, now);
  const facts = factsOf(device, devices.values(device.serial_number), speech);
  return (
    <li class="device">
      <div class="device-head">
        <span class={online ? 'dot dot-online' : 'dot'} aria-hidden="true" />
        <bdi class="device-name">{titleOf(device)}</bdi>
        {device.estado !== NOT_SAID && <span class="chip">{speech.state(device.estado)}</span>}
      </div>
      <p class="device-about">
        <bdi>{speech.kind(device.tipo)}</bdi>
        {' · '}
        {heardAt === undefined ? t.neverSeen : online ? t.online : t.seen(speech.age(now - heardAt))}
        {device.reclamado === false && ` · ${t.unclaimed}`}
      </p>
      {facts.length > 0 && (
        <dl class="facts">
          {facts.map(([name, value, flagged]) => (
            <div key={name} class={flagged ? 'flagged' : ''}>
              <dt>
                <bdi>{name}</bdi>
              </dt>
              <dd>
                <bdi>{value}</bdi>
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

type Fact = [name: string, value: string, flagged: boolean];

/** Units as devices write them at the end of a parameter's name. */
const UNITS: Record<string, string> = {
  w: 'W',
  kw: 'kW',
  wh: 'Wh',
  kwh: 'kWh',
  v: 'V',
  a: 'A',
  hz: 'Hz',
  c: '°C',
  ppm: 'ppm',
  lux: 'lx',
  db: 'dB',
  pct: '%',
};

/** What to say of a device: measured values with their units first, then what it calls parameters. */
function factsOf(device: Device, values: Measured[], speech: Speech): Fact[] {
  const facts: Fact[] = values.map((v) => [
    readable(v.name)[0],
    withUnit(speech.measured(v.value), v.unit || readable(v.name)[1]),
    v.flagged,
  ]);
  const named = new Set(facts.map(([name]) => name.toLowerCase()));
  for (const [key, value] of Object.entries(device.parametros ?? {})) {
    const [name, unit] = readable(key);
    const text = sayValue(value, unit, speech);
    if (text !== '' && !named.has(name.toLowerCase())) facts.push([name, text, false]);
  }
  return facts.slice(0, FACTS_SHOWN);
}

function sayValue(value: unknown, unit: string, speech: Speech): string {
  if (typeof value === 'number') return withUnit(speech.measured(value), unit);
  if (typeof value === 'boolean') return value ? speech.t.yes : speech.t.no;
  return typeof value === 'string' ? value.slice(0, 60) : '';
}

function withUnit(value: string, unit: string): string {
  return unit ? `${value}\u00a0${unit}` : value;
}

/** "consumo_w" as a name for people, and its unit: "Consumo", "W". */
function readable(key: string): [name: string, unit: string] {
  const words = key.slice(0, 40).split('_');
  const unit = words.length > 1 ? UNITS[words.at(-1)!.toLowerCase()] : undefined;
  if (unit) words.pop();
  const name = words.join(' ').replace(/\bco2\b/i, 'CO₂');
  return [name.charAt(0).toLocaleUpperCase() + name.slice(1), unit ?? ''];
}
