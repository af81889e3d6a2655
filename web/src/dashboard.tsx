import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { DeadLettersCard } from './dead-letters';
import { DevicesCard } from './devices';
import { Feed, type Link } from './feed';
import { useObserved, useSpeech } from './hooks';
import { Logo } from './parts';
import { Power } from './power';
import type { User } from './session';
import { WindCard } from './wind';

export function Dashboard(props: {
  user: User | undefined;
  language: JSX.Element;
  onLogIn: () => void;
  onLogOut: () => void;
}) {
  const { t } = useSpeech();
  const [feed] = useState(() => new Feed());
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    feed.start();
    heading.current?.focus({ preventScroll: true });
    return () => feed.stop();
  }, [feed]);

  return (
    <>
      <a class="skip" href="#content">
        {t.skipToContent}
      </a>
      <header class="bar">
        <div class="brand">
          <Logo />
          <span>Vatio</span>
        </div>
        <LinkBadge link={feed.link} />
        <div class="bar-end">
          {props.user && <bdi class="who">{props.user.username}</bdi>}
          {props.language}
          {props.user ? (
            <button type="button" class="button quiet" onClick={props.onLogOut}>
              {t.logOut}
            </button>
          ) : (
            <button type="button" class="button quiet" onClick={props.onLogIn}>
              {t.logIn}
            </button>
          )}
        </div>
      </header>
      <OfflineBanner link={feed.link} retry={feed.retry} />
      <main class="page" id="content">
        <h1 ref={heading} tabIndex={-1}>
          {t.appHeading}
        </h1>
        <Power feed={feed} />
        <div class="cards">
          <div class="column">
            <DevicesCard feed={feed} />
            {props.user?.superuser && <DeadLettersCard />}
          </div>
          <div class="column">
            <WindCard feed={feed} />
          </div>
        </div>
      </main>
    </>
  );
}

function LinkBadge(props: { link: Link }) {
  const { t } = useSpeech();
  useObserved(props.link);
  const { state } = props.link;
  const label = { live: t.live, connecting: t.connecting, down: t.offline }[state];
  return (
    <p class={`link link-${state}`} role="status" data-testid="link" data-state={state}>
      <span class={`dot ${state === 'live' ? 'dot-online' : state === 'down' ? 'dot-error' : ''}`} aria-hidden="true" />
      {label}
    </p>
  );
}

function OfflineBanner(props: { link: Link; retry: () => void }) {
  const { t } = useSpeech();
  useObserved(props.link);
  return (
    <div role="alert">
      {props.link.state === 'down' && (
        <div class="banner">
          <p>{t.offlineBanner}</p>
          <button type="button" class="button" onClick={props.retry}>
            {t.retryNow}
          </button>
        </div>
      )}
    </div>
  );
}
