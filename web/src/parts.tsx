import type { ComponentChildren } from 'preact';
import { useId } from 'preact/hooks';
import logo from './logo.svg';
import { useSpeech } from './hooks';
import { HttpError } from './session';
import type { Catalogue } from './text';

export function Logo() {
  return <img class="logo" src={logo} alt="" width="36" height="36" />;
}

/** A titled section of the dashboard. */
export function Card(props: {
  title: string;
  name: string;
  aside?: ComponentChildren;
  children: ComponentChildren;
}) {
  const heading = useId();
  return (
    <section class={`card card-${props.name}`} aria-labelledby={heading}>
      <header class="card-head">
        <h2 id={heading}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

export function Skeleton(props: { lines: number }) {
  const { t } = useSpeech();
  return (
    <div class="skeleton" role="status">
      <span class="unseen">{t.loading}</span>
      {Array.from({ length: props.lines }, (_, i) => (
        <i key={i} />
      ))}
    </div>
  );
}

/** A short sentence in place of content, with a button where trying again can help. */
export function Empty(props: { text: string; retry?: () => void }) {
  const { t } = useSpeech();
  return (
    <div class="empty">
      <p>{props.text}</p>
      {props.retry && (
        <button type="button" class="button" onClick={props.retry}>
          {t.retry}
        </button>
      )}
    </div>
  );
}

/** The sentence for a request that failed. */
export function sentenceFor(failure: unknown, t: Catalogue): string {
  if (failure instanceof HttpError) {
    if (failure.status === 403) return failure.sentence ?? t.noPermission;
    return failure.sentence ?? t.serverTrouble(failure.status);
  }
  return t.serverUnreachable;
}
