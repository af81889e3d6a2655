import { from, useResource, useSpeech } from './hooks';
import { Card, Empty, sentenceFor, Skeleton } from './parts';

/** A message that the server could not understand, kept with the reason. */
interface DeadLetter {
  readonly id: number | string;
  readonly received_at: string;
  readonly origin: string;
  readonly address: string;
  readonly reason: string;
  readonly detail: string;
  readonly payload?: string | null;
  readonly size?: number;
}

interface DeadLetterPage {
  readonly count: number;
  readonly results: readonly DeadLetter[];
}

const REFRESH_MS = 15_000;
const SHOWN = 5;
const PAYLOAD_SHOWN = 120;

export function DeadLettersCard() {
  const speech = useSpeech();
  const { t } = speech;
  const { loaded, reload } = useResource(from<DeadLetterPage>('/api/dead-letters/'), REFRESH_MS);
  if (loaded.state === 'hidden') return null;
  return (
    <Card title={t.deadLetters} name="dead-letters">
      {loaded.state === 'loading' && <Skeleton lines={3} />}
      {loaded.state === 'failed' && <Empty text={sentenceFor(loaded.failure, t)} retry={reload} />}
      {loaded.state === 'ready' && loaded.data.count === 0 && <Empty text={t.deadLettersNone} />}
      {loaded.state === 'ready' && loaded.data.count > 0 && (
        <>
          <p class="dead-count">
            <strong>{speech.number(loaded.data.count)}</strong> {t.deadLettersLead(loaded.data.count)}
          </p>
          <ul class="dead-letters">
            {loaded.data.results.slice(0, SHOWN).map((letter) => (
              <Letter key={letter.id} letter={letter} />
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

function Letter(props: { letter: DeadLetter }) {
  const speech = useSpeech();
  const { letter } = props;
  const payload = letter.payload ?? '';
  return (
    <li>
      <p class="letter-head">
        <span class="chip chip-bad">{speech.reason(letter.reason)}</span>
        <time dateTime={letter.received_at}>{speech.moment(Date.parse(letter.received_at))}</time>
      </p>
      <p class="letter-detail">
        <bdi>{letter.detail}</bdi>
      </p>
      <p class="letter-source">
        <bdi>{letter.origin}</bdi> · <bdi>{letter.address}</bdi>
        {letter.size !== undefined && ` · ${speech.t.payloadSize(speech.number(letter.size))}`}
      </p>
      {payload !== '' && (
        <code class="letter-payload">
          <bdi>{payload.length > PAYLOAD_SHOWN ? `${payload.slice(0, PAYLOAD_SHOWN)}…` : payload}</bdi>
        </code>
      )}
    </li>
  );
}
