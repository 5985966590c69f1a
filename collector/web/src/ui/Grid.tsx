import { useVirtualizer } from '@tanstack/react-virtual';
import {
  type KeyboardEvent,
  memo,
  type ReactNode,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { usePrefs } from '../lib/prefs';

const HEAD_HEIGHT = 34;
const ROW_HEIGHT = { comfortable: 40, compact: 32 };
const OVERSCAN = 12;

export type Column<T, S extends string = string> = {
  id: string;
  label: string;
  /** Pixels; the first column takes what is left over as well. */
  width: number;
  /** The API's names of the orders by this column; the first is taken first. */
  sorts?: readonly [S, S];
  /** Numbers stand right, so that their sizes can be compared. */
  right?: boolean;
  cell: (row: T) => ReactNode;
};

type Props<T, S extends string> = {
  label: string;
  columns: readonly Column<T, S>[];
  /** Those that are not here yet are holes in it, and drawn as skeletons. */
  rows: readonly T[];
  total: number;
  /** Which rows are drawn, by their places. */
  onView?: (first: number, last: number) => void;
  /** Enter on a row. */
  onOpen?: (row: T) => void;
  sort?: S;
  onSort?: (sort: S) => void;
  /** Rows can be chosen, with a box or with x. */
  selection?: GridSelection<T>;
  /** Of every row, in pixels; that of the chosen density when it is left out. */
  height?: number;
};

export type GridSelection<T> = {
  isChosen: (row: T) => boolean;
  labelOf: (row: T) => string;
  onToggle: (row: T) => void;
};

const BOX_WIDTH = 40;

/** A table of any length: only the rows in view are in the page. Arrow keys, j and k move; Enter opens. */
export function Grid<T, S extends string>({
  label,
  columns,
  rows,
  total,
  onView,
  onOpen,
  sort,
  onSort,
  selection,
  height,
}: Props<T, S>) {
  const box = useRef<HTMLDivElement>(null);
  const [current, setCurrent] = useState(-1);
  const { density } = usePrefs();
  const rowHeight = height ?? ROW_HEIGHT[density];
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    overscan: OVERSCAN,
    paddingStart: HEAD_HEIGHT,
    scrollPaddingStart: HEAD_HEIGHT,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: the height is read by measure(), not passed to it
  useLayoutEffect(() => virtual.measure(), [rowHeight, virtual]);

  const items = virtual.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onView?.(first, last), [first, last, onView]);

  const boxWidth = selection ? BOX_WIDTH : 0;
  const template = [
    ...(selection ? [`${BOX_WIDTH}px`] : []),
    ...columns.map((column, index) => (index === 0 ? `minmax(${column.width}px, 1fr)` : `${column.width}px`)),
  ].join(' ');
  const minWidth = columns.reduce((sum, column) => sum + column.width, boxWidth);

  const move = (to: number) => {
    const row = Math.max(0, Math.min(total - 1, to));
    setCurrent(row);
    virtual.scrollToIndex(row);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    // Links and buttons inside keep their own keys.
    if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / rowHeight) - 1);
    const target = {
      ArrowDown: current + 1,
      j: current + 1,
      ArrowUp: current - 1,
      k: current - 1,
      PageDown: current + page,
      PageUp: current - page,
      Home: 0,
      End: total - 1,
    }[event.key];
    const row = rows[current];
    if (target !== undefined && total > 0) {
      event.preventDefault();
      move(target);
    } else if (event.key === 'Enter' && row !== undefined) {
      event.preventDefault();
      onOpen?.(row);
    } else if (event.key === 'x' && row !== undefined && selection) {
      event.preventDefault();
      selection.onToggle(row);
    }
  };

  return (
    <div
      ref={box}
      className="grid"
      role="grid"
      aria-label={label}
      aria-rowcount={total + 1}
      aria-colcount={columns.length + (selection ? 1 : 0)}
      aria-multiselectable={selection ? true : undefined}
      aria-activedescendant={
        current >= 0 && items.some((item) => item.index === current) ? `row-${current}` : undefined
      }
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div role="rowgroup" className="grid-head" style={{ minWidth }}>
        <div role="row" aria-rowindex={1} className="grid-row" style={{ gridTemplateColumns: template }}>
          {selection && (
            <div role="columnheader">
              <span className="sr">{GRID_WORDS.chosen}</span>
            </div>
          )}
          {columns.map((column) => (
            <HeadCell key={column.id} column={column} sort={sort} onSort={onSort} />
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        className="grid-body"
        style={{ height: virtual.getTotalSize() - HEAD_HEIGHT, minWidth }}
      >
        {items.map((item) => (
          <Row
            key={item.key}
            index={item.index}
            top={item.start - HEAD_HEIGHT}
            row={rows[item.index]}
            columns={columns as readonly Column<unknown>[]}
            template={template}
            current={item.index === current}
            height={height}
            selection={selection as GridSelection<unknown> | undefined}
            chosen={isChosen(selection, rows[item.index])}
          />
        ))}
      </div>
    </div>
  );
}

const GRID_WORDS = { chosen: 'Selected', choose: (name: string) => `Select ${name}` };

const isChosen = <T,>(selection: GridSelection<T> | undefined, row: T | undefined): boolean | undefined =>
  selection && row !== undefined ? selection.isChosen(row) : undefined;

type HeadProps<T, S extends string> = { column: Column<T, S>; sort?: S; onSort?: (sort: S) => void };

function HeadCell<T, S extends string>({ column, sort, onSort }: HeadProps<T, S>) {
  const { sorts, label, right } = column;
  if (!sorts || !onSort)
    return (
      <div role="columnheader" className={right ? 'right' : undefined}>
        {label}
      </div>
    );
  const [first, second] = sorts;
  const active = sort === first || sort === second;
  const descending = sort?.startsWith('-');
  return (
    <div role="columnheader" aria-sort={active ? (descending ? 'descending' : 'ascending') : 'none'}>
      <button type="button" className="sort" onClick={() => onSort(sort === first ? second : first)}>
        {label}
        <span aria-hidden="true">{active ? (descending ? '↓' : '↑') : ''}</span>
      </button>
    </div>
  );
}

type RowProps = {
  index: number;
  top: number;
  row: unknown;
  columns: readonly Column<unknown>[];
  template: string;
  current: boolean;
  height: number | undefined;
  selection: GridSelection<unknown> | undefined;
  /** Undefined where rows cannot be chosen: then the row that the keys are at is the chosen one. */
  chosen: boolean | undefined;
};

const Row = memo(function Row({
  index,
  top,
  row,
  columns,
  template,
  current,
  height,
  selection,
  chosen,
}: RowProps) {
  return (
    <div
      id={`row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={chosen ?? current}
      data-current={current || undefined}
      className="grid-row"
      style={{ transform: `translateY(${top}px)`, gridTemplateColumns: template, height }}
    >
      {selection && (
        <div role="gridcell" className="box">
          {row !== undefined && (
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={GRID_WORDS.choose(selection.labelOf(row))}
              checked={chosen ?? false}
              onChange={() => selection.onToggle(row)}
            />
          )}
        </div>
      )}
      {columns.map((column) => (
        <div key={column.id} role="gridcell" className={column.right ? 'right' : undefined}>
          {row === undefined ? <span className="bone" /> : column.cell(row)}
        </div>
      ))}
    </div>
  );
});
