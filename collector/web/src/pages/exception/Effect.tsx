import type { WholeWaiver } from '../../api/waivers';
import { exception } from '../../strings/en/decide';
import { Card } from '../../ui/Card';

/** The score as it is, and the second one with this exception and without it. */
export function Effect({ effect }: { effect: WholeWaiver['effect'] }) {
  const { score, score_with, score_without } = effect;
  const points = score_with === null || score_without === null ? null : score_with - score_without;
  return (
    <Card title={exception.effect}>
      <dl className="figures">
        <Figure name={exception.scoreIs} value={score} />
        <Figure name={exception.scoreWithout} value={score_without} />
        <Figure name={exception.scoreWith} value={score_with} />
      </dl>
      {points !== null && (
        <p className="strong num">
          {points < 0.05 ? exception.addsNothing : exception.adds(points.toFixed(1))}
        </p>
      )}
      <p className="muted">{exception.effectNote}</p>
    </Card>
  );
}

function Figure({ name, value }: { name: string; value: number | null }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd className="num">
        {value === null ? exception.noScore : value.toFixed(1)}
        {value !== null && <small> %</small>}
      </dd>
    </div>
  );
}
