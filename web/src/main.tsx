import { render } from 'preact';
import { useEffect, useMemo, useState } from 'preact/hooks';
import { Dashboard } from './dashboard';
import { Login, SetUp } from './entry';
import { SpeechContext } from './hooks';
import { Empty, Logo, sentenceFor } from './parts';
import { session } from './session';
import { type Language, preferredLanguage, rememberLanguage, Speech } from './text';

/** What the server says of itself to strangers. */
interface Setup {
  readonly needed: boolean;
  readonly demo: boolean;
  readonly trusted: boolean;
}

type View =
  | { name: 'starting' }
  | { name: 'failed'; failure: unknown }
  | { name: 'setup' }
  | { name: 'login'; demo: boolean; ended: boolean }
  | { name: 'dashboard' };

async function firstView(ended: boolean, wantsLogin: boolean): Promise<View> {
  const renewal = session.resumable ? await session.renew() : undefined;
  if (renewal === 'renewed') return { name: 'dashboard' };
  const over = ended || renewal === 'ended';
  const setup = await session.getJson<Setup>('/api/setup/');
  if (setup.needed) return { name: 'setup' };
  if (session.resumable) return { name: 'dashboard' };
  if (setup.trusted && !wantsLogin) return { name: 'dashboard' };
  return { name: 'login', demo: setup.demo, ended: over };
}

function App() {
  const [language, setLanguage] = useState<Language>(preferredLanguage);
  const [view, setView] = useState<View>({ name: 'starting' });
  const speech = useMemo(() => new Speech(language), [language]);
  const { t } = speech;
  session.language = language;

  const start = (ended = false, wantsLogin = false) => {
    firstView(ended, wantsLogin).then(setView, (failure: unknown) => setView({ name: 'failed', failure }));
  };

  useEffect(() => {
    session.onEnded = () => start(true, true);
    start();
  }, []);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  const languageButton = (
    <button
      type="button"
      class="button quiet"
      lang={t.switchLanguageTo}
      aria-label={`${t.switchLanguage} · ${t.switchLanguageLabel}`}
      title={t.switchLanguageLabel}
      onClick={() => {
        const other = language === 'es' ? 'en' : 'es';
        rememberLanguage(other);
        setLanguage(other);
      }}
    >
      {t.switchLanguage}
    </button>
  );

  return (
    <SpeechContext.Provider value={speech}>
      {view.name === 'starting' && (
        <div class="starting" role="status">
          <Logo />
          <span class="unseen">{t.loading}</span>
        </div>
      )}
      {view.name === 'failed' && (
        <main class="starting">
          <Logo />
          <Empty text={sentenceFor(view.failure, t)} retry={() => start()} />
        </main>
      )}
      {view.name === 'setup' && <SetUp language={languageButton} onDone={() => setView({ name: 'dashboard' })} />}
      {view.name === 'login' && (
        <Login
          demo={view.demo}
          notice={view.ended ? t.sessionEnded : ''}
          language={languageButton}
          onDone={() => setView({ name: 'dashboard' })}
        />
      )}
      {view.name === 'dashboard' && (
        <Dashboard
          user={session.user}
          language={languageButton}
          onLogIn={() => start(false, true)}
          onLogOut={() => void session.logOut().then(() => start(false, true))}
        />
      )}
    </SpeechContext.Provider>
  );
}

render(<App />, document.getElementById('app')!);
