import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { type Posture, posture } from '../../api/posture';
import { useAt } from '../../lib/at';
import { differenceText, scoreText } from '../../lib/score';
import { overview as text } from '../../strings/en/overview';
import { Button } from '../../ui/Button';
import { Score } from '../../ui/Score';
import { Sparkline } from '../../ui/Sparkline';
import { Stamp } from '../../ui/Time';
import { VerdictBar } from '../../ui/VerdictBar';
import { Answer } from './Answer';

/** How the fleet stands, on what that stands, and how it went. */
export function ScoreWidget() {
  const at = useAt();
  const now = useQuery(posture.fleet({ at }));
  const series = useQuery(posture.series({ at }));
  return (
    <Answer query={now} lines={6}>
      {(fleet) => (
        <div className="body stack">
          <div className="figures">
            <div className="figure">
              <span className="name">{text.fleetScore}</span>
              <Link to="/findings">
                <Score of={fleet.score} />
              </Link>
            </div>
            <div className="figure">
              <span className="name">{text.withWaivers}</span>
              <b>
                <Score of={fleet.score_with_waivers} />
              </b>
            </div>
            <div className="figure">
              <span className="name">{text.weighted}</span>
              <b>
                <Score of={fleet.weighted_score} />
              </b>
            </div>
            <div className="figure">
              <span className="name">{text.coverage}</span>
              <Link to="/posture">
                <Score of={fleet.coverage} />
              </Link>
              <span className="why">{text.hostsCounted(fleet.counted, fleet.hosts)}</span>
            </div>
          </div>
          {series.data && <Course points={series.data.points} />}
          <VerdictBar label={text.verdicts} tally={fleet} />
          <p className="why">
            {text.asked} <Stamp at={fleet.at} />
          </p>
        </div>
      )}
    </Answer>
  );
}

function Course({ points }: { points: readonly Posture[] }) {
  const [table, setTable] = useState(false);
  const scores = points.map((point) => point.score);
  const known = scores.filter((score) => score !== null);
  const [first, last] = [known[0], known.at(-1)];
  if (first === undefined || last === undefined || known.length < 2)
    return <p className="muted">{text.noSeries}</p>;
  const lowest = scoreText(Math.min(...known));
  const highest = scoreText(Math.max(...known));
  return (
    <figure className="course">
      <figcaption>
        <span className="num strong">
          {differenceText(last, first)} <span className="muted">{text.days}</span>
        </span>
        <span className="num muted">{text.range(lowest, highest)}</span>
        <Button look="ghost" aria-pressed={table} onClick={() => setTable(!table)}>
          {text.asTable}
        </Button>
      </figcaption>
      {table ? (
        <section className="scroll" aria-label={text.series} tabIndex={0}>
          <table className="plain">
            <thead>
              <tr>
                <th>{text.instant}</th>
                <th className="right">{text.score}</th>
                <th className="right">{text.withWaivers}</th>
                <th className="right">{text.covered}</th>
              </tr>
            </thead>
            <tbody>
              {points.toReversed().map((point) => (
                <tr key={point.at}>
                  <td>
                    <Stamp at={point.at} />
                  </td>
                  <td className="right">
                    <Score of={point.score} />
                  </td>
                  <td className="right">
                    <Score of={point.score_with_waivers} />
                  </td>
                  <td className="right">
                    <Score of={point.coverage} />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      ) : (
        <Sparkline values={scores} label={text.seriesText(lowest, highest, scoreText(last))} />
      )}
    </figure>
  );
}
