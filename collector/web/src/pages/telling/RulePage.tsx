import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { Tagged } from '../../api/tagged';
import { type AlertRule, telling, useDeleteRule } from '../../api/telling';
import { useMay } from '../../lib/may';
import { figureText, rulesText, sortText } from '../../strings/en/govern/rules';
import { Anew } from '../../ui/Anew';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { NotLoaded } from '../../ui/Listing';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { figuresOf } from './condition';
import { RuleForm } from './RuleForm';

const route = getRouteApi('/signed-in/settings/alert-rules/$id');

/** One alert rule. */
export function RulePage() {
  const { id } = route.useParams();
  const may = useMay();
  const query = useQuery(telling.rule(id));
  const t = rulesText;
  if (!query.data)
    return (
      <Page title={t.title}>
        <section className="card">
          {query.isError ? (
            <NotLoaded what={t.one} error={query.error} retry={query.refetch} />
          ) : (
            <Skeleton lines={8} />
          )}
        </section>
      </Page>
    );
  const { value: rule, tag } = query.data;
  const writes = may('alert_rules.write');
  return (
    <Page
      title={rule.name}
      sub={
        <>
          <span>{sortText[rule.condition.sort].word}</span>
          <span>{rule.enabled ? t.on : t.off}</span>
        </>
      }
      actions={writes && <DeleteRule rule={query.data} />}
    >
      {writes ? (
        <>
          <p className="muted">{t.replaced}</p>
          <Anew version={tag}>
            <RuleForm title={t.definition} rule={rule} tag={tag} onReload={() => void query.refetch()} />
          </Anew>
        </>
      ) : (
        <Card title={t.definition}>
          <p>{sortText[rule.condition.sort].says}</p>
          <p className="muted num">{figuresOf(rule.condition, (name) => figureText[name] ?? name)}</p>
        </Card>
      )}
    </Page>
  );
}

function DeleteRule({ rule }: { rule: Tagged<AlertRule> }) {
  const navigate = useNavigate();
  const [asking, setAsking] = useState(false);
  const remove = useDeleteRule();
  const t = rulesText;
  const close = () => {
    setAsking(false);
    remove.reset();
  };
  return (
    <>
      <Button look="danger" onClick={() => setAsking(true)}>
        {t.remove}
      </Button>
      <Confirm
        opened={asking}
        title={t.removeAsk(rule.value.name)}
        action={t.remove}
        busy={remove.isPending}
        error={remove.error}
        onConfirm={() =>
          remove.mutate(
            { value: rule.value.id, tag: rule.tag },
            { onSuccess: () => void navigate({ to: '/settings/alert-rules' }) },
          )
        }
        onClose={close}
      >
        <p>{t.removeWhat}</p>
      </Confirm>
    </>
  );
}
