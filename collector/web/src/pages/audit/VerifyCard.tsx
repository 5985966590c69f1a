import { useEffect, useState } from 'react';
import { verify } from '../../api/audit';
import { faultWord, streamWord, verifyText } from '../../strings/en/govern/audit';
import { Button } from '../../ui/Button';
import { Card, Pair } from '../../ui/Card';
import { Banner, Failed } from '../../ui/Notice';
import { NOTHING_YET, outcome, take, type Verification } from './verification';

/** Has the whole log walked, and says in plain words what came of it. */
export function VerifyCard({ onHide }: { onHide: () => void }) {
  const [run, setRun] = useState(0);
  return <Run key={run} onAgain={() => setRun(run + 1)} onHide={onHide} />;
}

function Run({ onAgain, onHide }: { onAgain: () => void; onHide: () => void }) {
  const [said, setSaid] = useState<Verification>(NOTHING_YET);
  const [ended, setEnded] = useState(false);
  const [error, setError] = useState<Error | null>(null);
  const t = verifyText;

  // The answer is a stream that comes for as long as the walk takes; leaving the page ends it.
  useEffect(() => {
    const left = new AbortController();
    verify((line) => setSaid((before) => take(before, line)), left.signal)
      .catch((cause: unknown) => {
        if (!left.signal.aborted) setError(cause instanceof Error ? cause : new Error(String(cause)));
      })
      .finally(() => {
        if (!left.signal.aborted) setEnded(true);
      });
    return () => left.abort();
  }, []);

  return (
    <Card
      title={t.title}
      aside={
        <div className="actions">
          {ended && <Button onClick={onAgain}>{t.again}</Button>}
          <Button look="ghost" onClick={onHide}>
            {t.hide}
          </Button>
        </div>
      }
    >
      <div className="stack" aria-live="polite">
        {error && !said.begun && <Failed what={t.failed} error={error} retry={onAgain} />}
        {!ended && <p className="num">{t.running(said.walked)}</p>}
        {ended && (said.begun || !error) && <Result said={said} />}
      </div>
    </Card>
  );
}

function Result({ said }: { said: Verification }) {
  const t = verifyText;
  const came = outcome(said);
  const witnessed = Object.entries(said.done?.witnessed ?? {});
  return (
    <>
      {came === 'whole' && <Banner tone="pass">{t.whole(said.walked)}</Banner>}
      {came === 'broken' && (
        <Banner tone="fail">{t.broken(Math.max(said.done?.faults ?? 0, said.faults.length))}</Banner>
      )}
      {came === 'cut' && <Banner tone="warn">{t.cut}</Banner>}
      {said.done && (
        <dl className="pairs">
          <Pair name={t.vouched}>
            {witnessed.length === 0 ? (
              t.nothingVouched
            ) : (
              <>
                <ul className="num">
                  {witnessed.map(([stream, seq]) => (
                    <li key={stream}>{t.witnessed(stream, seq)}</li>
                  ))}
                </ul>
                <p className="muted">{t.vouchedWhy}</p>
              </>
            )}
          </Pair>
          {said.begun && (
            <>
              <Pair name={t.checkpoints}>
                <span className="num">{said.begun.checkpoints.toLocaleString('en')}</span>
              </Pair>
              <Pair name={t.key}>
                <code className="mono">{said.begun.key}</code>
                <p className="muted">{t.keyWhy}</p>
              </Pair>
            </>
          )}
        </dl>
      )}
      {said.faults.length > 0 && (
        <section className="scroll" aria-label={t.faults} tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>{t.what}</th>
                <th>{t.where}</th>
                <th>{t.detail}</th>
              </tr>
            </thead>
            <tbody>
              {said.faults.map((fault) => (
                <tr key={`${fault.stream} ${fault.first} ${fault.last} ${fault.what}`}>
                  <td className="strong">{faultWord[fault.what] ?? fault.what}</td>
                  <td className="nowrap num">
                    {streamWord[fault.stream] ?? fault.stream} {t.range(fault.first, fault.last)}
                  </td>
                  <td>{fault.detail}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}
