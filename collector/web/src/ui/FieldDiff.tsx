import { Fragment } from 'react';
import type { FieldDiff as Field, Part } from '../lib/diff';

/** The fields of a change, before with − and after with +, differing words marked in both. */
export function FieldDiff({ fields, label }: { fields: readonly Field[]; label: string }) {
  return (
    <div className="diff" role="group" aria-label={label}>
      <table>
        <tbody>
          {fields.map((field) => (
            <Fragment key={field.name}>
              {field.same && <Line sign=" " name={field.name} parts={field.after ?? []} />}
              {!field.same && field.before && <Line sign="−" name={field.name} parts={field.before} />}
              {!field.same && field.after && <Line sign="+" name={field.name} parts={field.after} />}
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const SPOKEN = { '−': 'before', '+': 'after', ' ': 'unchanged' };

function Line({ sign, name, parts }: { sign: keyof typeof SPOKEN; name: string; parts: Part[] }) {
  const Mark = sign === '−' ? 'del' : 'ins';
  return (
    <tr data-sign={sign}>
      <td className="sign">
        <span aria-hidden="true">{sign}</span>
        <span className="sr">{SPOKEN[sign]}</span>
      </td>
      <th scope="row">{name}</th>
      <td>
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
    </tr>
  );
}
