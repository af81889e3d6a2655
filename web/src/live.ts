import { backOff } from './back-off';
import { HttpError, session } from './session';

export type LinkState = 'connecting' | 'live' | 'down';

/** What arrives on the stream, by event name. `hello` comes first on every new connection. */
export interface LiveHandlers {
  readonly energy: (data: unknown) => void;
  readonly readings: (data: unknown) => void;
  readonly device_update: (data: unknown) => void;
  readonly hello: () => void;
  /** The server dropped events because this browser was slow: what is shown may have holes. */
  readonly resync: () => void;
  readonly state: (state: LinkState) => void;
}

/** The server speaks every 15 s at the latest; three times that without a word is a dead line. */
const SILENCE_MS = 45_000;
/** A connection that lived this long was a good one: the next fault starts at the shortest delay. */
const STEADY_MS = 10_000;
/** A hidden tab gives its connection back after this long: browsers allow only six per server. */
const HIDDEN_MS = 120_000;

/**
 * The one live connection of the page. A ticket opens the stream once, so the browser's own
 * reconnection cannot work: every fault closes it, fetches a new ticket and opens it anew, telling
 * the server the last event seen.
 */
export class LiveLink {
  readonly #topics: string;
  readonly #handlers: LiveHandlers;
  #source: EventSource | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #watch: ReturnType<typeof setInterval> | undefined;
  #hiddenSince = 0;
  #attempt = 0;
  #generation = 0;
  #openedAt = 0;
  #heardAt = 0;
  #lastEventId = '';

  constructor(topics: string, handlers: LiveHandlers) {
    this.#topics = topics;
    this.#handlers = handlers;
  }

  start(): void {
    this.#watch = setInterval(() => this.#check(), 5_000);
    document.addEventListener('visibilitychange', this.#onVisibility);
    window.addEventListener('online', this.retryNow);
    this.#handlers.state('connecting');
    void this.#connect();
  }

  stop(): void {
    clearInterval(this.#watch);
    document.removeEventListener('visibilitychange', this.#onVisibility);
    window.removeEventListener('online', this.retryNow);
    this.#disconnect();
  }

  retryNow = (): void => {
    if (this.#source) return;
    this.#attempt = 0;
    void this.#connect();
  };

  #onVisibility = (): void => {
    if (document.hidden) {
      this.#hiddenSince = performance.now();
      return;
    }
    this.#hiddenSince = 0;
    this.#check();
    if (!this.#source) this.retryNow();
  };

  async #connect(): Promise<void> {
    this.#disconnect();
    const generation = this.#generation;
    try {
      const { ticket } = await session.postJson<{ ticket: string }>('/api/stream/ticket/', {});
      if (generation === this.#generation) this.#open(ticket);
    } catch (failure) {
      if (generation !== this.#generation) return;
      const asked = failure instanceof HttpError ? (failure.retryAfter ?? 0) * 1000 : 0;
      this.#later(asked);
    }
  }

  #open(ticket: string): void {
    const query = new URLSearchParams({ ticket, topics: this.#topics });
    if (this.#lastEventId) query.set('last_event_id', this.#lastEventId);
    const source = new EventSource(`/api/stream/?${query}`);
    this.#source = source;
    this.#heardAt = performance.now();
    this.#openedAt = this.#heardAt;
    source.onerror = () => {
      if (source === this.#source) this.#lost();
    };
    this.#on(source, 'hello', () => {
      this.#handlers.state('live');
      this.#handlers.hello();
    });
    this.#on(source, 'ping', () => {});
    this.#on(source, 'resync', () => this.#handlers.resync());
    this.#on(source, 'energy', this.#handlers.energy);
    this.#on(source, 'readings', this.#handlers.readings);
    this.#on(source, 'device_update', this.#handlers.device_update);
  }

  #on(source: EventSource, name: string, handle: (data: unknown) => void): void {
    source.addEventListener(name, (event: MessageEvent<string>) => {
      this.#heardAt = performance.now();
      if (event.lastEventId) this.#lastEventId = event.lastEventId;
      let data: unknown;
      try {
        data = JSON.parse(event.data);
      } catch {
        return; // A frame we cannot read must not end the connection that carries the others.
      }
      handle(data);
    });
  }

  #check(): void {
    const now = performance.now();
    if (this.#hiddenSince && now - this.#hiddenSince > HIDDEN_MS) this.#disconnect();
    else if (this.#source && now - this.#heardAt > SILENCE_MS) this.#lost();
  }

  #lost(): void {
    if (performance.now() - this.#openedAt > STEADY_MS) this.#attempt = 0;
    this.#disconnect();
    this.#later(0);
  }

  #later(atLeastMs: number): void {
    this.#handlers.state('down');
    this.#timer = setTimeout(
      () => void this.#connect(),
      Math.max(atLeastMs, backOff(this.#attempt++, Math.random())),
    );
  }

  #disconnect(): void {
    this.#generation++;
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = undefined;
  }
}
