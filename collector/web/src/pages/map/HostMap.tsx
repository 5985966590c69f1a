import { useNavigate } from '@tanstack/react-router';
import { type KeyboardEvent, useEffect, useMemo, useRef, useState } from 'react';
import { cellAt, cornerOf, planCells } from '../../lib/cells';
import { scoreText } from '../../lib/score';
import { map as text } from '../../strings/en/catalogue';
import { standingText } from '../../strings/en/verdict';
import { StandingStatus } from '../../ui/Verdict';
import type { Cell, Group } from './groups';
import { paint } from './paint';

type At = { block: number; cell: number };
const TIP_PX = 260;

/** The cells, on a canvas: fifty thousand elements would be too many. Keys move between hosts. */
export function HostMap({ groups }: { groups: readonly Group[] }) {
  const box = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [theme, setTheme] = useState(0);
  const [chosen, setChosen] = useState<At | null>(null);
  const navigate = useNavigate();

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const size = new ResizeObserver(() => setWidth(element.clientWidth));
    size.observe(element);
    // A canvas takes its colours when it is drawn.
    const scheme = new MutationObserver(() => setTheme((drawn) => drawn + 1));
    scheme.observe(document.documentElement, { attributeFilter: ['data-mantine-color-scheme'] });
    return () => {
      size.disconnect();
      scheme.disconnect();
    };
  }, []);

  const plan = useMemo(
    () =>
      planCells(
        groups.map((group) => group.cells.length),
        width,
      ),
    [groups, width],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme is drawn anew, though nothing here is read of it
  useEffect(() => {
    if (canvas.current && width > 0) paint(canvas.current, groups, plan, width);
  }, [groups, plan, width, theme]);

  const cell = (at: At | null): Cell | undefined => (at ? groups[at.block]?.cells[at.cell] : undefined);
  const open = (at: At | null) => {
    const host = cell(at)?.host.host;
    if (host) void navigate({ to: '/hosts/$id', params: { id: host.id }, search: { tab: 'compliance' } });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const from = cell(chosen) ? (chosen as At) : null;
    const next = moved(from, event.key, groups, plan.blocks);
    if (next) setChosen(next);
    else if (event.key === 'Enter') open(from);
    else if (event.key === 'Escape') setChosen(null);
    else return;
    event.preventDefault();
  };
  const under = (event: { clientX: number; clientY: number }): At | null => {
    const edge = canvas.current?.getBoundingClientRect();
    return edge ? cellAt(plan, event.clientX - edge.left, event.clientY - edge.top) : null;
  };

  const shown = cell(chosen);
  const block = chosen ? plan.blocks[chosen.block] : undefined;
  const corner = chosen && block ? cornerOf(block, chosen.cell, plan.size) : null;
  const score = shown?.host.score;
  const scoreWords = score === null || score === undefined ? text.noScore : text.score(scoreText(score));
  return (
    <div className="map" ref={box} style={{ height: plan.height || undefined }}>
      {/* biome-ignore lint/a11y/noInteractiveElementToNoninteractiveRole: a canvas with keys of its own is an application */}
      <canvas
        ref={canvas}
        tabIndex={0}
        role="application"
        aria-roledescription={text.role}
        aria-label={text.label}
        style={{ width, height: plan.height }}
        onKeyDown={onKeyDown}
        onMouseMove={(event) => setChosen(under(event))}
        onMouseLeave={() => setChosen(null)}
        onBlur={() => setChosen(null)}
        onClick={(event) => open(under(event))}
      />
      {plan.blocks.map((each, index) => (
        <div
          key={groups[index]?.name}
          className="map-label clip"
          style={{ left: each.x, top: each.y, width: each.width }}
          title={groups[index]?.name}
        >
          <strong>{groups[index]?.name}</strong>{' '}
          <span className="muted num">{each.count.toLocaleString('en')}</span>
        </div>
      ))}
      {shown && corner && (
        <>
          <div
            className="map-ring"
            aria-hidden="true"
            style={{ left: corner.x - 3, top: corner.y - 3, width: plan.size + 5, height: plan.size + 5 }}
          />
          <div
            className="map-tip"
            aria-hidden="true"
            style={{
              left: Math.max(0, Math.min(corner.x, width - TIP_PX)),
              top: corner.y + plan.size + 8,
              maxWidth: TIP_PX,
            }}
          >
            <strong className="clip">{shown.host.host.hostname}</strong>
            <span>
              <StandingStatus of={shown.standing} /> <span className="num">{scoreWords}</span>
            </span>
          </div>
        </>
      )}
      <span className="sr" role="status">
        {shown && text.cell(shown.host.host.hostname, standingText[shown.standing].word, scoreWords)}
      </span>
    </div>
  );
}

/** Where a key leads from a cell; null for keys that lead nowhere. */
function moved(
  from: At | null,
  key: string,
  groups: readonly Group[],
  blocks: readonly { per: number; count: number }[],
): At | null {
  const keys = ['ArrowRight', 'ArrowLeft', 'ArrowDown', 'ArrowUp', 'PageDown', 'PageUp', 'Home', 'End'];
  if (!keys.includes(key)) return null;
  if (!from) return { block: 0, cell: 0 };
  const block = blocks[from.block];
  if (!block) return null;
  const last = block.count - 1;
  const within = (cell: number): At => ({ block: from.block, cell: Math.max(0, Math.min(last, cell)) });
  const group = (index: number): At => ({ block: (index + groups.length) % groups.length, cell: 0 });
  switch (key) {
    case 'ArrowRight':
      return within(from.cell + 1);
    case 'ArrowLeft':
      return within(from.cell - 1);
    case 'ArrowDown':
      return within(from.cell + block.per);
    case 'ArrowUp':
      return within(from.cell - block.per);
    case 'PageDown':
      return group(from.block + 1);
    case 'PageUp':
      return group(from.block - 1);
    case 'Home':
      return within(0);
    default:
      return within(last);
  }
}
