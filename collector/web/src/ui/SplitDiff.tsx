import { Fragment } from 'react';
import type { FieldDiff as Field, Part } from '../lib/diff';

type Props = { fields: readonly Field[]; label: string; before: string; after: string };

/** The fields of both sides beside each other, the differing words marked in both. */
export function SplitDiff({ fields, label, before, after }: Props) {
  return (
    <div className="diff split" role="group" aria-label={label} tabIndex={0}>
      <table>
        <thead>
          <tr>
            <td />
            <th scope="col">{before}</th>
            <th scope="col">{after}</th>
          </tr>
        </thead>
        <tbody>
          {fields.map((field) => (
            <tr key={field.name}>
              <th scope="row">{field.name}</th>
              <Side parts={field.before} sign={field.same ? ' ' : '−'} />
              <Side parts={field.after} sign={field.same ? ' ' : '+'} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Side({ parts, sign }: { parts: Part[] | null; sign: '−' | '+' | ' ' }) {
  const Mark = sign === '−' ? 'del' : 'ins';
  if (parts === null) return <td data-none />;
  return (
    <td data-sign={sign}>
      {sign !== ' ' && <b aria-hidden="true">{sign} </b>}
      {parts.map((part, index) =>
        part.marked ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <Mark key={index}>{part.text}</Mark>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: parts have no identity but their place
          <Fragment key={index}>{part.text}</Fragment>
        ),
      )}
    </td>
  );
}
