import { noteServerDate } from './clock';
import { exclusively } from './lock';

export interface User {
  readonly username: string;
  readonly superuser: boolean;
}

interface Held {
  readonly refresh: string;
  readonly user: User;
}

/** What other tabs must know: a token was traded for a new one, or the session is over. */
type TabMessage = { spent: string; held: Held } | { ended: string };

type Renewal = 'renewed' | 'ended' | 'unreachable';

/** The server answered, but not with success. */
export class HttpError extends Error {
  readonly status: number;
  /** The JSON of the answer, where there was one. */
  readonly body: unknown;
  /** Seconds the server asks to wait, where it does. */
  readonly retryAfter: number | undefined;

  constructor(status: number, body: unknown, retryAfter: number | undefined) {
    super(`HTTP ${status}`);
    this.status = status;
    this.body = body;
    this.retryAfter = retryAfter;
  }

  /** The sentence the server gave, in any of the error shapes of the API. */
  get sentence(): string | undefined {
    if (typeof this.body !== 'object' || this.body === null) return undefined;
    const body = this.body as Record<string, unknown>;
    for (const value of [body['detail'], body['error'], body['non_field_errors'], ...Object.values(body)]) {
      if (typeof value === 'string' && value !== '') return value;
      if (Array.isArray(value) && typeof value[0] === 'string') return value[0];
    }
    return undefined;
  }
}

const STORED = 'vatio.session';
/** Access tokens live 60 minutes; renewing a little earlier spares a refused request. */
const RENEW_AFTER_MS = 55 * 60_000;
const TIMEOUT_MS = 20_000;

/**
 * Who is logged in here, and every request to the server. The access token stays in memory. The
 * refresh token lies in this tab's storage, or in the browser's when the user asked to stay signed
 * in. A refresh token works once, so tabs renew one after the other and tell each other.
 */
class Session {
  #access: string | undefined;
  #renewAt = 0;
  #renewing: Promise<Renewal> | undefined;
  #memory: Held | undefined;
  readonly #tabs = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('vatio.session');
  /** Called when the server no longer accepts this session. */
  onEnded: () => void = () => {};
  language = 'es';

  constructor() {
    this.#tabs?.addEventListener('message', (event: MessageEvent<TabMessage>) => {
      const message = event.data;
      const refresh = this.#held()?.refresh;
      if ('spent' in message && message.spent === refresh) this.#hold(message.held, this.#persistent());
      if ('ended' in message && (message.ended === refresh || (this.#access && !refresh))) this.#end();
    });
  }

  get user(): User | undefined {
    return this.#held()?.user;
  }

  /** True when a session from before may still be alive; `renew` finds out. */
  get resumable(): boolean {
    return this.#held() !== undefined;
  }

  async logIn(username: string, password: string, persistent: boolean): Promise<void> {
    this.#accept(await this.#post('/api/auth/login/', { username, password }), username, persistent);
  }

  async setUp(form: { code: string; username: string; password: string; email?: string }): Promise<void> {
    this.#accept(await this.#post('/api/setup/', form), form.username, false);
  }

  async logOut(): Promise<void> {
    const refresh = this.#held()?.refresh;
    try {
      if (refresh) await this.#post('/api/auth/logout/', { refresh });
    } catch {
      // Unreachable or already over: this browser forgets the tokens in any case.
    }
    this.#forget();
    if (refresh) this.#tabs?.postMessage({ ended: refresh } satisfies TabMessage);
  }

  /** Trades the refresh token for a new access token. Calls at the same time share one trade. */
  renew(): Promise<Renewal> {
    this.#renewing ??= exclusively('renew', () => this.#trade()).finally(() => {
      this.#renewing = undefined;
    });
    return this.#renewing;
  }

  async getJson<T>(path: string): Promise<T> {
    return (await this.#authorised(path, { method: 'GET' })) as T;
  }

  async postJson<T>(path: string, body: unknown): Promise<T> {
    return (await this.#authorised(path, { method: 'POST', body: JSON.stringify(body) })) as T;
  }

  /** One request as this user, renewing the token first or after a refusal where that can help. */
  async #authorised(path: string, init: RequestInit): Promise<unknown> {
    if (this.#access && performance.now() > this.#renewAt) await this.renew();
    const used = this.#access;
    try {
      return await this.#send(path, init, used);
    } catch (failure) {
      if (!(failure instanceof HttpError) || failure.status !== 401) throw failure;
      if (this.resumable) {
        const renewal = this.#access !== used ? 'renewed' : await this.renew();
        if (renewal === 'renewed') return this.#send(path, init, this.#access);
        if (renewal === 'unreachable') throw new TypeError('server unreachable');
      }
      this.#end();
      throw failure;
    }
  }

  async #trade(): Promise<Renewal> {
    const held = this.#held();
    if (!held) return 'ended';
    try {
      const answer = (await this.#post('/api/auth/refresh/', { refresh: held.refresh })) as {
        access: string;
        refresh: string;
      };
      const renewed = { ...held, refresh: answer.refresh };
      this.#hold(renewed, this.#persistent());
      this.#setAccess(answer.access);
      this.#tabs?.postMessage({ spent: held.refresh, held: renewed } satisfies TabMessage);
      return 'renewed';
    } catch (failure) {
      if (!(failure instanceof HttpError) || failure.status >= 500 || failure.status === 429) return 'unreachable';
      this.#forget();
      return 'ended';
    }
  }

  /** A request that carries its own proof: an expired access token beside it would only spoil it. */
  #post(path: string, body: unknown): Promise<unknown> {
    return this.#send(path, { method: 'POST', body: JSON.stringify(body) }, undefined);
  }

  async #send(path: string, init: RequestInit, access: string | undefined): Promise<unknown> {
    const headers = new Headers({ Accept: 'application/json', 'Accept-Language': this.language });
    if (init.body) headers.set('Content-Type', 'application/json');
    if (access) headers.set('Authorization', `Bearer ${access}`);
    const answer = await fetch(path, {
      ...init,
      headers,
      cache: 'no-store',
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    noteServerDate(answer.headers.get('Date'));
    const text = await answer.text();
    let body: unknown;
    try {
      body = text === '' ? undefined : JSON.parse(text);
    } catch {
      body = undefined;
    }
    if (!answer.ok) throw new HttpError(answer.status, body, secondsOf(answer.headers.get('Retry-After')));
    return body;
  }

  #accept(answer: unknown, username: string, persistent: boolean): void {
    const { access, refresh, user } = answer as { access: string; refresh: string; user?: Record<string, unknown> };
    this.#forget();
    this.#setAccess(access);
    this.#hold(
      {
        refresh,
        user: {
          username: typeof user?.['username'] === 'string' ? user['username'] : username,
          superuser: isSuperuser(user),
        },
      },
      persistent,
    );
  }

  #setAccess(access: string): void {
    this.#access = access;
    this.#renewAt = performance.now() + RENEW_AFTER_MS;
  }

  #end(): void {
    this.#forget();
    this.onEnded();
  }

  #forget(): void {
    this.#access = undefined;
    this.#memory = undefined;
    for (const storage of storages()) storage.removeItem(STORED);
  }

  #held(): Held | undefined {
    for (const storage of storages()) {
      const text = storage.getItem(STORED);
      if (!text) continue;
      try {
        const held = JSON.parse(text) as Held;
        if (typeof held.refresh === 'string' && held.user) return held;
      } catch {
        // Not ours, or of another version: as if nothing were stored.
      }
    }
    return storages().length === 0 ? this.#memory : undefined;
  }

  #hold(held: Held, persistent: boolean): void {
    this.#memory = held;
    const [tab, browser] = storages();
    (persistent ? browser : tab)?.setItem(STORED, JSON.stringify(held));
  }

  #persistent(): boolean {
    const [tab, browser] = storages();
    return !tab?.getItem(STORED) && browser?.getItem(STORED) != null;
  }
}

/** This tab's storage and the browser's, or neither where the browser forbids them. */
function storages(): Storage[] {
  try {
    return [sessionStorage, localStorage];
  } catch {
    return [];
  }
}

function isSuperuser(user: Record<string, unknown> | undefined): boolean {
  if (!user) return false;
  const role = user['rol_detail'] as Record<string, unknown> | null | undefined;
  return user['is_superuser'] === true || role?.['nombre'] === 'superusuario';
}

function secondsOf(retryAfter: string | null): number | undefined {
  if (!retryAfter) return undefined;
  const seconds = Number(retryAfter);
  if (Number.isFinite(seconds)) return Math.max(1, Math.ceil(seconds));
  const until = Date.parse(retryAfter);
  return Number.isNaN(until) ? undefined : Math.max(1, Math.ceil((until - Date.now()) / 1000));
}

export const session = new Session();
