import { useMemo } from 'react';
import type { Fact } from '../../api/client';
import { columnsOf, NULL, type Row } from '../../lib/facts';
import { type Column, Grid } from '../../ui/Grid';
import { Ago } from '../../ui/Time';

type FactRow = Row<Fact>;

/** A single fact, such as the operating system, reads better with its fields one below the other. */
const LIST_UP_TO = 1;
/** A column's greatest width; where little room is, the first two are to be seen together. */
const MOST_PX = 340;
const MOST_NARROW_PX = 180;
const NARROW_PX = 600;
/** Rows whose texts are measured for a column's width. */
const MEASURED = 200;
const CHARACTER_PX = 7.4;
const PADDING_PX = 28;

type Props = { kind: string; label: string; all: readonly FactRow[]; rows: readonly FactRow[] };

/** Columns come from all facts of the kind, so that a search does not move them about. */
export function FactTable({ kind, label, all, rows }: Props) {
  const columns = useMemo(() => columnsFor(kind, all), [kind, all]);
  if (all.length <= LIST_UP_TO) return <FactList rows={rows} />;
  return <Grid label={label} columns={columns} rows={rows} total={rows.length} />;
}

function columnsFor(kind: string, all: readonly FactRow[]): Column<FactRow>[] {
  return [
    {
      id: 'key',
      label: 'Key',
      width: widthOf(
        all.map((row) => row.fact.key),
        'Key',
        150,
      ),
      cell: (row) => (
        <span className="mono strong" title={row.fact.key}>
          {row.fact.key}
        </span>
      ),
    },
    ...columnsOf(all, kind).map((name): Column<FactRow> => {
      const texts = all.map((row) => row.fields.get(name) ?? '');
      return {
        id: `value.${name}`,
        label: name,
        width: widthOf(texts, name, 90),
        right: texts.every((text) => text === NULL || /^-?\d*$/.test(text)),
        cell: (row) => <FieldText text={row.fields.get(name)} />,
      };
    }),
    { id: 'since', label: 'Since', width: 120, cell: (row) => <Ago at={row.fact.valid_from} /> },
  ];
}

function widthOf(texts: string[], label: string, least: number): number {
  const longest = texts.slice(0, MEASURED).reduce((most, text) => Math.max(most, text.length), label.length);
  const most = window.innerWidth < NARROW_PX ? MOST_NARROW_PX : MOST_PX;
  return Math.round(Math.min(most, Math.max(least, longest * CHARACTER_PX + PADDING_PX)));
}

/** A field the fact does not have is a dash; one that is null, true or empty says so. */
function FieldText({ text }: { text: string | undefined }) {
  if (text === undefined) return <span className="muted">–</span>;
  return (
    <span className={text === NULL ? 'mono muted' : 'mono'} title={text}>
      {text}
    </span>
  );
}

function FactList({ rows }: { rows: readonly FactRow[] }) {
  return (
    <section className="scroll body" aria-label="Facts" tabIndex={0}>
      {rows.map((row) => (
        <section key={row.fact.key} className="stack" aria-label={row.fact.key}>
          <h2 className="mono">{row.fact.key}</h2>
          <dl className="pairs mono-values">
            {[...row.fields].map(([name, text]) => (
              <FieldPair key={name} name={name} text={text} />
            ))}
          </dl>
          <p className="muted">
            Unchanged since <Ago at={row.fact.valid_from} />
          </p>
        </section>
      ))}
    </section>
  );
}

function FieldPair({ name, text }: { name: string; text: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd className={text === NULL ? 'mono muted' : 'mono'}>{text}</dd>
    </>
  );
}
