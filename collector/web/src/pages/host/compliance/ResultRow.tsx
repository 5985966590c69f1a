import { Link } from '@tanstack/react-router';
import { memo } from 'react';
import { type RuleResult, resultKey } from '../../../api/posture';
import { compliance as text } from '../../../strings/en/compliance';
import { Severity } from '../../../ui/Severity';
import { Status } from '../../../ui/Status';
import { Ago } from '../../../ui/Time';
import { Verdict } from '../../../ui/Verdict';

/** One result; its name opens the evidence. */
export const ResultRow = memo(function ResultRow({ id, result }: { id: string; result: RuleResult }) {
  const key = resultKey(result);
  return (
    <tr>
      <td>
        <Link
          id={`result-${key}`}
          className="name"
          from="/hosts/$id"
          to="/hosts/$id"
          params={{ id }}
          search={(old) => ({ ...old, result: key })}
          resetScroll={false}
        >
          {result.title ?? text.unnamed}
        </Link>
        <div className="why">
          <code className="mono">{key}</code> {result.because}
        </div>
      </td>
      <td>{result.severity && <Severity level={result.severity} />}</td>
      <td>
        <Verdict status={result.status} />
        {result.waived && (
          <>
            {' '}
            <Status
              tone="exception"
              word={text.waived}
              meaning={`${text.waivedUntil} ${result.waived.until}`}
            />
          </>
        )}
      </td>
      <td>
        <Ago at={result.valid_from} />
      </td>
    </tr>
  );
});
