import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';
import { type Silence, telling, useEndSilence } from '../../api/telling';
import { useMay } from '../../lib/may';
import { useNow } from '../../lib/now';
import { listText } from '../../strings/en/govern/common';
import { silencesText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { CheckField } from '../../ui/fields';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Status } from '../../ui/Status';
import { Stamp } from '../../ui/Time';
import { GroupName, HostName } from './About';
import { SilenceForm } from './SilenceForm';

const route = getRouteApi('/signed-in/settings/silences');

/** Of what nobody hears, for a while. */
export function SilencesPage() {
  const may = useMay();
  const { ended } = route.useSearch();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(telling.silences(ended !== undefined));
  const [adding, setAdding] = useState(false);
  const [ending, setEnding] = useState<Silence | null>(null);
  const silences = list.data?.pages.flatMap((page) => page.items) ?? [];
  const writes = may('alerts.write');
  const t = silencesText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        writes &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {adding && <SilenceForm onDone={() => setAdding(false)} />}
      <section className="card" aria-label={t.title}>
        <header>
          <CheckField
            label={t.showEnded}
            checked={ended !== undefined}
            onChange={(shown) =>
              void setView({ search: (old) => ({ ...old, ended: shown ? '1' : undefined }) })
            }
          />
        </header>
        <Listing
          what={t.what}
          query={list}
          items={silences}
          lines={4}
          head={[t.about, t.reason, t.state, t.from, t.to, t.by, { label: listText.actions, hidden: true }]}
          row={(silence) => (
            <Row key={silence.id} silence={silence} onEnd={writes ? () => setEnding(silence) : undefined} />
          )}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
      <End silence={ending} onClose={() => setEnding(null)} />
    </Page>
  );
}

function Row({ silence, onEnd }: { silence: Silence; onEnd?: () => void }) {
  const now = useNow();
  const rules = useQuery({ ...telling.rules(), enabled: silence.alert_rule !== null });
  const rule = rules.data?.items.find(({ id }) => id === silence.alert_rule)?.name ?? silence.alert_rule;
  const t = silencesText;
  const over = Date.parse(silence.to) <= now;
  // The page's clock stands still between its ticks: what began when it was made has begun.
  const planned = Date.parse(silence.from) > Math.max(now, Date.parse(silence.created_at));
  return (
    <tr>
      <td>
        <ul>
          {rule && (
            <li>
              <span className="muted">{t.rule}</span> {rule}
            </li>
          )}
          {silence.key && (
            <li>
              <span className="muted">{t.key}</span> <code className="mono">{silence.key}</code>
            </li>
          )}
          {silence.host && (
            <li>
              <span className="muted">{t.host}</span> <HostName id={silence.host} />
            </li>
          )}
          {silence.group && (
            <li>
              <span className="muted">{t.group}</span> <GroupName id={silence.group} />
            </li>
          )}
        </ul>
      </td>
      <td className="cut">{silence.reason}</td>
      <td>
        {over ? (
          <span className="muted">{t.ended}</span>
        ) : (
          <Status tone={planned ? 'unknown' : 'stale'} word={planned ? t.planned : t.running} />
        )}
      </td>
      <td>
        <Stamp at={silence.from} />
      </td>
      <td>
        <Stamp at={silence.to} />
      </td>
      <td className="nowrap">{silence.created_by}</td>
      <td className="right">
        {onEnd && !over && (
          <Button aria-label={t.endLabel(silence.reason)} onClick={onEnd}>
            {t.end}
          </Button>
        )}
      </td>
    </tr>
  );
}

function End({ silence, onClose }: { silence: Silence | null; onClose: () => void }) {
  const end = useEndSilence();
  const t = silencesText;
  const close = () => {
    end.reset();
    onClose();
  };
  return (
    <Confirm
      opened={silence !== null}
      title={t.endAsk}
      action={t.endAction}
      look="primary"
      busy={end.isPending}
      error={end.error}
      onConfirm={() => silence && end.mutate(silence.id, { onSuccess: close })}
      onClose={close}
    >
      <p>
        {silence?.reason}. {t.endWhat}
      </p>
    </Confirm>
  );
}
