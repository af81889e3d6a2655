import type { ComponentChildren, JSX } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useSpeech } from './hooks';
import { Logo, sentenceFor } from './parts';
import { HttpError, session } from './session';

/** The page before somebody is logged in: a brand and one form. */
function EntryPage(props: { title: string; lead: string; language: JSX.Element; children: ComponentChildren }) {
  return (
    <div class="entry">
      <div class="entry-language">{props.language}</div>
      <main class="entry-card">
        <div class="brand">
          <Logo />
          <span>Vatio</span>
        </div>
        <h1>{props.title}</h1>
        <p class="lead">{props.lead}</p>
        {props.children}
      </main>
    </div>
  );
}

function Field(props: {
  label: string;
  value: string;
  onValue: (value: string) => void;
  error?: string | undefined;
  hint?: string;
  input?: JSX.InputHTMLAttributes<HTMLInputElement>;
  secret?: boolean;
  focus?: boolean;
}) {
  const { t } = useSpeech();
  const id = useId();
  const box = useRef<HTMLInputElement>(null);
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (props.focus) box.current?.focus();
  }, []);
  const about = [props.error && `${id}-error`, props.hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{props.label}</label>
      <div class={props.secret ? 'field-box with-button' : 'field-box'}>
        <input
          {...props.input}
          ref={box}
          id={id}
          type={props.secret && !shown ? 'password' : (props.input?.type ?? 'text')}
          value={props.value}
          onInput={(event) => props.onValue(event.currentTarget.value)}
          aria-invalid={props.error ? 'true' : 'false'}
          {...(about && { 'aria-describedby': about })}
        />
        {props.secret && (
          <button type="button" aria-pressed={shown} aria-controls={id} onClick={() => setShown(!shown)}>
            {shown ? t.hidePassword : t.showPassword}
          </button>
        )}
      </div>
      {props.hint && (
        <p class="hint" id={`${id}-hint`}>
          {props.hint}
        </p>
      )}
      {props.error && (
        <p class="field-error" id={`${id}-error`}>
          {props.error}
        </p>
      )}
    </div>
  );
}

/** Counts down the seconds that the server asked to wait. */
function useWait(): [number, (seconds: number) => void] {
  const [until, setUntil] = useState(0);
  const [left, setLeft] = useState(0);
  useEffect(() => {
    if (until === 0) return;
    const show = () => {
      const seconds = Math.max(0, Math.ceil((until - performance.now()) / 1000));
      setLeft(seconds);
      if (seconds === 0) setUntil(0);
    };
    show();
    const timer = setInterval(show, 250);
    return () => clearInterval(timer);
  }, [until]);
  return [left, (seconds) => setUntil(performance.now() + seconds * 1000)];
}

/** What both forms share: one request at a time, its failure as a sentence, and waiting when told. */
function useSubmission(send: () => Promise<void>, refused: string) {
  const { t } = useSpeech();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState('');
  const [wait, setWait] = useWait();
  const submit = async () => {
    setBusy(true);
    setProblem('');
    try {
      await send();
    } catch (failure) {
      if (failure instanceof HttpError && failure.status === 429) {
        setWait(failure.retryAfter ?? 60);
        setProblem(failure.sentence ?? t.tooManyAttempts);
      } else if (failure instanceof HttpError && failure.status < 500) {
        setProblem(failure.sentence ?? refused);
      } else {
        setProblem(sentenceFor(failure, t));
      }
    }
    setBusy(false);
  };
  return { busy, problem, wait, submit };
}

function SubmitButton(props: { busy: boolean; wait: number; label: string; busyLabel: string }) {
  const speech = useSpeech();
  return (
    <button type="submit" class="button primary" disabled={props.busy || props.wait > 0}>
      {props.wait > 0
        ? speech.t.waitFor(speech.wait(props.wait))
        : props.busy
          ? props.busyLabel
          : props.label}
    </button>
  );
}

export function Login(props: { demo: boolean; notice: string; language: JSX.Element; onDone: () => void }) {
  const { t } = useSpeech();
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [keep, setKeep] = useState(false);
  const [tried, setTried] = useState(false);
  const { busy, problem, wait, submit } = useSubmission(async () => {
    await session.logIn(username.trim(), password, keep);
    props.onDone();
  }, t.wrongCredentials);

  const onSubmit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (username.trim() && password) void submit();
  };

  return (
    <EntryPage title={t.loginTitle} lead={t.loginLead} language={props.language}>
      {props.notice && (
        <p class="notice" role="status">
          {props.notice}
        </p>
      )}
      <form onSubmit={onSubmit} noValidate>
        <Field
          label={t.username}
          value={username}
          onValue={setUsername}
          error={tried && !username.trim() ? t.fillUsername : undefined}
          input={{ name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: false, maxLength: 150 }}
          focus
        />
        <Field
          label={t.password}
          value={password}
          onValue={setPassword}
          error={tried && !password ? t.fillPassword : undefined}
          input={{ name: 'password', autocomplete: 'current-password', maxLength: 1024 }}
          secret
        />
        <label class="check">
          <input type="checkbox" checked={keep} onChange={(event) => setKeep(event.currentTarget.checked)} />
          <span>{t.keepSignedIn}</span>
        </label>
        <div role="alert">{problem && <p class="problem">{problem}</p>}</div>
        <SubmitButton busy={busy} wait={wait} label={t.enter} busyLabel={t.entering} />
      </form>
      {props.demo && (
        <p class="demo-hint">
          {t.demoHint} <code>admin</code> / <code>admin123</code>
        </p>
      )}
    </EntryPage>
  );
}

const SHORTEST_PASSWORD = 8;

export function SetUp(props: { language: JSX.Element; onDone: () => void }) {
  const { t } = useSpeech();
  const [code, setCode] = useState('');
  const [username, setUsername] = useState('admin');
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [again, setAgain] = useState('');
  const [tried, setTried] = useState(false);
  const { busy, problem, wait, submit } = useSubmission(async () => {
    const form = { code: code.trim(), username: username.trim(), password };
    await session.setUp(email.trim() ? { ...form, email: email.trim() } : form);
    props.onDone();
  }, t.setupRefused);

  const faults = {
    code: code.trim() ? undefined : t.fillCode,
    username: username.trim() ? undefined : t.fillUsername,
    password: password.length >= SHORTEST_PASSWORD ? undefined : t.passwordTooShort,
    again: again === password ? undefined : t.passwordsDiffer,
  };
  const onSubmit = (event: Event) => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).every((fault) => fault === undefined)) void submit();
  };

  return (
    <EntryPage title={t.setupTitle} lead={t.setupLead} language={props.language}>
      <form onSubmit={onSubmit} noValidate>
        <Field
          label={t.setupCode}
          value={code}
          onValue={setCode}
          error={tried ? faults.code : undefined}
          input={{ name: 'code', autocomplete: 'one-time-code', autocapitalize: 'none', spellcheck: false, maxLength: 100 }}
          focus
        />
        <Field
          label={t.username}
          value={username}
          onValue={setUsername}
          error={tried ? faults.username : undefined}
          input={{ name: 'username', autocomplete: 'username', autocapitalize: 'none', spellcheck: false, maxLength: 150 }}
        />
        <Field
          label={t.email}
          value={email}
          onValue={setEmail}
          input={{ name: 'email', type: 'email', autocomplete: 'email', maxLength: 254 }}
        />
        <Field
          label={t.password}
          value={password}
          onValue={setPassword}
          error={tried ? faults.password : undefined}
          hint={t.passwordHint}
          input={{ name: 'password', autocomplete: 'new-password', maxLength: 1024 }}
          secret
        />
        <Field
          label={t.passwordAgain}
          value={again}
          onValue={setAgain}
          error={tried ? faults.again : undefined}
          input={{ name: 'password-again', autocomplete: 'new-password', maxLength: 1024 }}
          secret
        />
        <div role="alert">{problem && <p class="problem">{problem}</p>}</div>
        <SubmitButton busy={busy} wait={wait} label={t.createAccount} busyLabel={t.creatingAccount} />
      </form>
    </EntryPage>
  );
}
