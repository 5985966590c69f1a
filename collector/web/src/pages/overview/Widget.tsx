import { IconArrowDown, IconArrowUp, IconEyeOff } from '@tabler/icons-react';
import { useState } from 'react';
import { useAt } from '../../lib/at';
import { moved, setLayout, useLayout, type WidgetId } from '../../lib/layout';
import { overview as text, widgetName } from '../../strings/en/overview';
import { Button } from '../../ui/Button';
import { HAS_PAST, WIDGET } from './widgets';

type Props = { id: WidgetId; shown: readonly WidgetId[]; arranging: boolean };

/** A part of the overview, with the buttons that move and hide it while it is arranged. */
export function Widget({ id, shown, arranging }: Props) {
  const at = useAt();
  const Content = WIDGET[id];
  const name = widgetName[id];
  return (
    <section className="card widget" data-widget={id} aria-label={name}>
      <header>
        <h2>{name}</h2>
        {at && !HAS_PAST.has(id) && <span className="muted">{text.asNow}</span>}
        {arranging && <Arrange id={id} shown={shown} />}
      </header>
      <Content />
    </section>
  );
}

function Arrange({ id, shown }: Pick<Props, 'id' | 'shown'>) {
  const layout = useLayout();
  const [said, setSaid] = useState('');
  const name = widgetName[id];
  const place = shown.indexOf(id);
  const move = (step: -1 | 1) => {
    setLayout(moved(layout, id, step, shown));
    setSaid(text.arranged(name, place + step + 1, shown.length));
  };
  return (
    <div className="actions">
      <Button
        look="ghost"
        square
        aria-label={text.up(name)}
        aria-disabled={place === 0}
        onClick={() => place > 0 && move(-1)}
      >
        <IconArrowUp size={16} aria-hidden />
      </Button>
      <Button
        look="ghost"
        square
        aria-label={text.down(name)}
        aria-disabled={place === shown.length - 1}
        onClick={() => place < shown.length - 1 && move(1)}
      >
        <IconArrowDown size={16} aria-hidden />
      </Button>
      <Button
        look="ghost"
        square
        aria-label={text.hide(name)}
        onClick={() => setLayout({ ...layout, hidden: [...layout.hidden, id] })}
      >
        <IconEyeOff size={16} aria-hidden />
      </Button>
      <span className="sr" role="status">
        {said}
      </span>
    </div>
  );
}
