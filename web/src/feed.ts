import { Observable } from './frame';
import { LiveLink, type LinkState } from './live';
import { type Point, PowerSeries } from './series';
import { HttpError, session } from './session';

export interface Device {
  readonly id: number | string;
  readonly serial_number: string;
  readonly nombre: string;
  readonly tipo: string;
  readonly modelo?: string;
  readonly descripcion?: string;
  readonly estado: string;
  readonly parametros?: Record<string, unknown> | null;
  readonly reclamado?: boolean;
  /** Its last sign of life; lists have it, events do not. */
  readonly last_seen?: string | null;
}

/** The newest value of one sensor of a device. */
export interface Measured {
  readonly name: string;
  readonly unit: string;
  readonly value: number;
  readonly at: number;
  readonly flagged: boolean;
}

const HISTORY = 1000;
const MOST_DEVICES = 1000;
const MOST_SENSORS = 12;
/** Twice a second is as often as anybody reads a list. */
const CALM_MS = 500;

/** Energy readings as they come by REST and on the stream. */
function pointOf(data: unknown): Point | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { timestamp, consumption } = data as Record<string, unknown>;
  const at = typeof timestamp === 'string' ? Date.parse(timestamp) : NaN;
  return typeof consumption === 'number' && Number.isFinite(at) ? { at, kw: consumption } : undefined;
}

/** The devices of the installation, their newest values, and when each was last heard of. */
export class Devices extends Observable {
  readonly #bySerial = new Map<string, Device>();
  readonly #heard = new Map<string, number>();
  readonly #values = new Map<string, Map<string, Measured>>();

  constructor() {
    super(CALM_MS);
  }

  list(): Device[] {
    return [...this.#bySerial.values()];
  }

  values(serial: string): Measured[] {
    return [...(this.#values.get(serial)?.values() ?? [])];
  }

  heardAt(serial: string): number | undefined {
    return this.#heard.get(serial);
  }

  /** Takes over the server's whole list: what is not in it is gone. */
  replace(devices: readonly Device[]): void {
    this.#bySerial.clear();
    for (const device of devices.slice(0, MOST_DEVICES)) {
      this.#bySerial.set(device.serial_number, device);
      const seen = device.last_seen ? Date.parse(device.last_seen) : NaN;
      if (seen > (this.#heard.get(device.serial_number) ?? -Infinity)) this.#heard.set(device.serial_number, seen);
    }
    for (const serial of this.#heard.keys()) if (!this.#bySerial.has(serial)) this.#heard.delete(serial);
    for (const serial of this.#values.keys()) if (!this.#bySerial.has(serial)) this.#values.delete(serial);
    this.changed();
  }

  /** Takes over what changed of a device. Says whether it is one we knew. */
  update(device: Device): boolean {
    const known = this.#bySerial.get(device.serial_number);
    if (!known && this.#bySerial.size >= MOST_DEVICES) return false;
    this.#bySerial.set(device.serial_number, { ...known, ...device });
    this.changed();
    return known !== undefined;
  }

  /** Notes a reading. Says whether its device is one we know. */
  read(serial: string, sensor: string, measured: Measured): boolean {
    if (!this.#bySerial.has(serial)) return false;
    let values = this.#values.get(serial);
    if (!values) this.#values.set(serial, (values = new Map()));
    const before = values.get(sensor);
    if (!before && values.size >= MOST_SENSORS) return true;
    if (before && before.at > measured.at) return true;
    values.set(sensor, measured);
    this.#heard.set(serial, Math.max(this.#heard.get(serial) ?? 0, measured.at));
    this.changed();
    return true;
  }
}

/** Whether the stream is up, and since when it is not. */
export class Link extends Observable {
  state: LinkState = 'connecting';

  set(state: LinkState): void {
    this.state = state;
    this.changed();
  }
}

/** How the first load of the energy history went. */
export class History extends Observable {
  state: 'loading' | 'ready' | 'failed' | 'forbidden' = 'loading';

  set(state: History['state']): void {
    this.state = state;
    this.changed();
  }
}

/**
 * Everything the dashboard shows that moves: the history by REST first, then the stream. After each
 * reconnection and on the server's word the history is read again, so no hole stays.
 */
export class Feed {
  readonly power = new PowerSeries();
  readonly devices = new Devices();
  readonly link = new Link();
  readonly history = new History();
  readonly #askedFor = new Set<string>();
  /** Told when a reading of a wind turbine arrives. */
  onTurbine: () => void = () => {};
  /** Told when a device appears that the list does not have, or the list may be out of date. */
  onDevicesChanged: () => void = () => {};

  readonly #live = new LiveLink('readings,devices,energy', {
    energy: (data) => {
      const point = pointOf(data);
      if (point) this.power.add(point);
    },
    readings: (data) => this.#read(data),
    device_update: (data) => {
      const device = data as Device;
      if (typeof device?.serial_number !== 'string') return;
      if (!this.devices.update(device)) this.#askFor(device.serial_number);
    },
    hello: () => this.#reload(),
    resync: () => this.#reload(),
    state: (state) => this.link.set(state),
  });

  start(): void {
    void this.loadHistory();
    this.#live.start();
  }

  stop(): void {
    this.#live.stop();
  }

  retry = (): void => this.#live.retryNow();

  loadHistory = async (): Promise<void> => {
    if (this.history.state === 'failed') this.history.set('loading');
    try {
      const rows = await session.getJson<unknown>(`/api/energy?limit=${HISTORY}`);
      const points = Array.isArray(rows) ? rows.map(pointOf).filter((p) => p !== undefined) : [];
      this.power.addAll(points);
      this.history.set('ready');
    } catch (failure) {
      // What was loaded before stays in view; only a first load has nothing to show.
      if (this.history.state === 'ready') return;
      const forbidden = failure instanceof HttpError && [403, 404].includes(failure.status);
      this.history.set(forbidden ? 'forbidden' : 'failed');
    }
  };

  #reload(): void {
    void this.loadHistory();
    this.onDevicesChanged();
  }

  /** Once per device: one that the list leaves out must not make us ask for ever. */
  #askFor(serial: string): void {
    if (this.#askedFor.has(serial) || this.#askedFor.size >= MOST_DEVICES) return;
    this.#askedFor.add(serial);
    this.onDevicesChanged();
  }

  #read(data: unknown): void {
    if (typeof data !== 'object' || data === null) return;
    const reading = data as Record<string, unknown>;
    const serial = reading['serial_number'];
    const value = reading['valor'];
    const at = typeof reading['timestamp'] === 'string' ? Date.parse(reading['timestamp']) : NaN;
    if (typeof serial !== 'string' || typeof value !== 'number' || !Number.isFinite(at)) return;
    const name = reading['sensor_nombre'];
    const unit = reading['unidad'];
    const quality = reading['calidad'];
    const known = this.devices.read(serial, String(reading['sensor']), {
      name: typeof name === 'string' ? name : String(reading['sensor'] ?? ''),
      unit: typeof unit === 'string' ? unit : '',
      value,
      at,
      flagged: Array.isArray(quality) && quality.length > 0,
    });
    if (!known) this.#askFor(serial);
    if (serial.startsWith('GEN-')) this.onTurbine();
  }
}
