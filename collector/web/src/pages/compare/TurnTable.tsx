import type { PostureTurn } from '../../api/compare';
import { Table } from '../../parts/Listing';
import { HostLink } from '../../parts/names';
import { verdictText } from '../../strings/en';
import { comparing } from '../../strings/en/decide';
import { Severity } from '../../ui/Severity';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';

const TONE: Record<PostureTurn['turn'], Tone> = {
  fixed: 'pass',
  broken: 'fail',
  verdict: 'warn',
  value: 'unknown',
  new: 'unknown',
  gone: 'stale',
};

/** Results that are another, with why they were and are so. */
export function TurnTable({ turns }: { turns: readonly PostureTurn[] }) {
  return (
    <Table label={comparing.list} head={comparing.head}>
      {turns.map((turn) => (
        <tr key={`${turn.host.id} ${turn.rule} ${turn.profile}`}>
          <td className="subject">
            <HostLink id={turn.host.id} name={turn.host.hostname} />
          </td>
          <td className="subject">
            <code className="mono">{turn.rule}</code>
            {turn.profile !== null && <div className="muted">{turn.profile}</div>}
          </td>
          <td>
            <Status
              tone={TONE[turn.turn]}
              word={comparing.turn[turn.turn].word}
              meaning={comparing.turn[turn.turn].meaning}
            />
          </td>
          <td>
            {turn.severity === null ? <span className="muted">–</span> : <Severity level={turn.severity} />}
          </td>
          <td className="turn">
            {turn.before !== null && <Side sign="−" verdict={turn.before} because={turn.because_before} />}
            {turn.after !== null && <Side sign="+" verdict={turn.after} because={turn.because_after} />}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Side({ sign, verdict, because }: { sign: '−' | '+'; verdict: string; because: string | null }) {
  return (
    <div data-sign={sign}>
      <b className="mono" aria-hidden="true">
        {sign}
      </b>
      <span className="sr">{comparing.side[sign]}</span>
      <span className="strong nowrap">{verdictText(verdict)}</span>
      {because && <span className="mono">{because}</span>}
    </div>
  );
}
