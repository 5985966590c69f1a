import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../../api/queries';
import { useAt } from '../../lib/at';
import { PRESETS, setLayout, useLayout } from '../../lib/layout';
import { useMay } from '../../lib/may';
import { overview as text } from '../../strings/en/overview';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { FirstRun } from '../hosts/FirstRun';
import { ArrangeBar } from './ArrangeBar';
import { Widget } from './Widget';
import { PERMISSION } from './widgets';

/** What needs somebody now. Each sees what their roles let them see, in the order that they like. */
export function OverviewPage() {
  const may = useMay();
  const at = useAt();
  const layout = useLayout();
  const [arranging, setArranging] = useState(false);
  const hosts = useQuery(queries.hosts({}));
  if (hosts.data?.total === 0) return <FirstRun />;

  const allowed = layout.order.filter((id) => may(PERMISSION[id]));
  const shown = allowed.filter((id) => !layout.hidden.includes(id));
  const content = () => {
    if (allowed.length === 0)
      return (
        <section className="card">
          <Empty title={text.noPermission}>{text.noPermissionWhy}</Empty>
        </section>
      );
    if (shown.length === 0)
      return (
        <section className="card">
          <Empty
            title={text.nothingShown}
            action={<Button onClick={() => setLayout(PRESETS.everything)}>{text.all}</Button>}
          >
            {text.nothingShownWhy}
          </Empty>
        </section>
      );
    return (
      <div className="widgets">
        {shown.map((id) => (
          <Widget key={id} id={id} shown={shown} arranging={arranging} />
        ))}
      </div>
    );
  };
  return (
    <Page
      title={text.title}
      sub={at ? text.subThen : text.sub}
      actions={
        allowed.length > 0 && (
          <Button aria-pressed={arranging} onClick={() => setArranging(!arranging)}>
            {arranging ? text.done : text.arrange}
          </Button>
        )
      }
    >
      {arranging && <ArrangeBar allowed={allowed} />}
      {content()}
    </Page>
  );
}
