import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { queries } from '../../api/queries';
import { type AlertRule, telling } from '../../api/telling';
import { useMay } from '../../lib/may';
import { figureText, rulesText, sortText } from '../../strings/en/govern/rules';
import { Button } from '../../ui/Button';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Severity } from '../../ui/Severity';
import { figuresOf } from './condition';
import { RuleForm } from './RuleForm';

/** What alerts are made by. */
export function RulesPage() {
  const may = useMay();
  const navigate = useNavigate();
  const list = useQuery(telling.rules());
  const [adding, setAdding] = useState(false);
  const t = rulesText;
  return (
    <Page
      title={t.title}
      sub={t.sub}
      actions={
        may('alert_rules.write') &&
        !adding && (
          <Button look="primary" onClick={() => setAdding(true)}>
            {t.add}
          </Button>
        )
      }
    >
      {adding && (
        <RuleForm
          title={t.addTitle}
          action={t.create}
          onSaved={({ id }) => void navigate({ to: '/settings/alert-rules/$id', params: { id } })}
          onClose={() => setAdding(false)}
        />
      )}
      <section className="card" aria-label={t.title}>
        <Listing
          what={t.what}
          query={list}
          items={list.data?.items ?? []}
          lines={12}
          head={[t.name, t.condition, t.severity, t.group, t.escalates, t.state]}
          row={(rule) => <Row key={rule.id} rule={rule} />}
          empty={<Empty title={t.none}>{t.noneWhy}</Empty>}
        />
      </section>
    </Page>
  );
}

function Row({ rule }: { rule: AlertRule }) {
  const groups = useQuery(queries.groups()).data?.items ?? [];
  const t = rulesText;
  return (
    <tr>
      <td>
        <Link className="name" to="/settings/alert-rules/$id" params={{ id: rule.id }}>
          {rule.name}
        </Link>
      </td>
      <td className="cut">
        {sortText[rule.condition.sort].word}
        <div className="muted num">
          {figuresOf(rule.condition, (name) => (figureText[name] ?? name).toLowerCase())}
        </div>
      </td>
      <td>{rule.severity ? <Severity level={rule.severity} /> : <span className="muted">{t.own}</span>}</td>
      <td className={rule.group === null ? 'nowrap' : undefined}>
        {rule.group === null
          ? t.everything
          : (groups.find(({ id }) => id === rule.group)?.name ?? rule.group)}
      </td>
      <td className="nowrap num">
        {rule.escalate_after_min === null ? (
          <span className="muted">{t.never}</span>
        ) : (
          t.after(rule.escalate_after_min)
        )}
      </td>
      <td>{rule.enabled ? t.on : <span className="muted">{t.off}</span>}</td>
    </tr>
  );
}
