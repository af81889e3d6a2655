import { createContext } from 'preact';
import { useCallback, useContext, useEffect, useReducer, useRef, useState } from 'preact/hooks';
import { serverNow } from './clock';
import type { Observable } from './frame';
import { HttpError, session } from './session';
import { Speech } from './text';

/** The language of the page; whoever uses it is drawn again when it changes. */
export const SpeechContext = createContext<Speech>(new Speech('es'));

export function useSpeech(): Speech {
  return useContext(SpeechContext);
}

/** Draws the component again, at most once per frame, whenever one of these changes. */
export function useObserved(...observed: Observable[]): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    const ends = observed.map((o) => o.subscribe(() => redraw(undefined)));
    return () => ends.forEach((end) => end());
  }, observed);
}

/** The server's time of day in milliseconds, going on every `stepMs`. */
export function useNow(stepMs: number): number {
  const [now, setNow] = useState(serverNow);
  useEffect(() => {
    const timer = setInterval(() => setNow(serverNow()), stepMs);
    return () => clearInterval(timer);
  }, [stepMs]);
  return now;
}

export type Loaded<T> =
  | { readonly state: 'loading' }
  | { readonly state: 'ready'; readonly data: T; readonly outdated: boolean }
  /** The server does not offer this to this user. */
  | { readonly state: 'hidden' }
  | { readonly state: 'failed'; readonly failure: unknown };

/** What `useResource` hands out: the newest answer, and two ways to ask again. */
export interface Resource<T> {
  readonly loaded: Loaded<T>;
  /** Ask now. */
  readonly reload: () => void;
  /** Ask soon: many calls in a short time become one request. */
  readonly hint: () => void;
}

const HINT_MS = 4_000;

/**
 * An answer of the API kept fresh: asked for at once, then every `everyMs` while the tab is seen.
 * A later failure keeps the last answer and marks it outdated. A refusal (403, 404) ends it.
 */
export function useResource<T>(load: () => Promise<T>, everyMs: number): Resource<T> {
  const [loaded, setLoaded] = useState<Loaded<T>>({ state: 'loading' });
  const busy = useRef(false);
  const gone = useRef(false);
  const hinted = useRef<ReturnType<typeof setTimeout>>();

  const reload = useCallback(() => {
    if (busy.current || gone.current) return;
    busy.current = true;
    load()
      .then(
        (data) => setLoaded({ state: 'ready', data, outdated: false }),
        (failure: unknown) => {
          if (failure instanceof HttpError && [401, 403, 404].includes(failure.status)) {
            gone.current = true;
            setLoaded({ state: 'hidden' });
            return;
          }
          setLoaded((before) =>
            before.state === 'ready' ? { ...before, outdated: true } : { state: 'failed', failure },
          );
        },
      )
      .finally(() => {
        busy.current = false;
      });
  }, []);

  const hint = useCallback(() => {
    hinted.current ??= setTimeout(() => {
      hinted.current = undefined;
      if (!document.hidden) reload();
    }, HINT_MS);
  }, []);

  useEffect(() => {
    gone.current = false;
    reload();
    const whenSeen = () => {
      if (!document.hidden) reload();
    };
    const timer = setInterval(whenSeen, everyMs);
    document.addEventListener('visibilitychange', whenSeen);
    return () => {
      gone.current = true;
      clearInterval(timer);
      clearTimeout(hinted.current);
      document.removeEventListener('visibilitychange', whenSeen);
    };
  }, [everyMs]);

  return { loaded, reload, hint };
}

/** A path of the API as something `useResource` can load. */
export function from<T>(path: string): () => Promise<T> {
  return () => session.getJson<T>(path);
}
