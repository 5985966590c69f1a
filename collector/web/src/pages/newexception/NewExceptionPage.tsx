import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { useRequestWaiver } from '../../api/waivers';
import { useMay } from '../../lib/may';
import { Denied } from '../../parts/Listing';
import { newException } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Page } from '../../ui/Page';
import { type Draft, type Field, toRequest, wrongFields } from './checks';
import { Reasons } from './Reasons';
import { Subject } from './Subject';
import { Whom } from './Whom';

const route = getRouteApi('/signed-in/exceptions/new');

/** What the parts of the form get. */
export type FormPart = {
  draft: Draft;
  change: (part: Partial<Draft>) => void;
  /** What is wrong with a field, once somebody has tried to send it. */
  error: (field: Field) => string | undefined;
};

/** Asks that a failure be accepted for a while. A link from a result fills in what it is about. */
export function NewExceptionPage() {
  const given = route.useSearch();
  const may = useMay();
  const navigate = useNavigate();
  const request = useRequestWaiver();
  const [tried, setTried] = useState(false);
  const [draft, setDraft] = useState<Draft>({
    scope: given.group ? 'group' : 'host',
    host: given.host,
    group: given.group,
    subject: given.framework && !given.rule ? 'control' : 'rule',
    rule: given.rule,
    framework: given.framework,
    control: given.control,
    reason: '',
    compensating: '',
    risk: '',
    evidence: '',
    days: '30',
  });
  const wrong = wrongFields(draft);
  const part: FormPart = {
    draft,
    change: (some) => {
      request.reset();
      setDraft((old) => ({ ...old, ...some }));
    },
    error: (field) => (tried && wrong.has(field) ? newException.wrong[field] : undefined),
  };
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    if (wrong.size > 0) {
      const form = event.currentTarget;
      // Once the fields say what is wrong, the first of them has the focus.
      setTimeout(() => form.querySelector<HTMLElement>('[aria-invalid]')?.focus());
      return;
    }
    if (!request.isPending)
      request.mutate(toRequest(draft), {
        onSuccess: ({ id }) => void navigate({ to: '/exceptions/$id', params: { id } }),
      });
  };

  return (
    <Page title={newException.title} sub={newException.sub}>
      {may('waivers.request') ? (
        <form className="stack narrow-form" noValidate aria-label={newException.title} onSubmit={submit}>
          <Whom {...part} />
          <Subject {...part} />
          <Reasons {...part} />
          {request.error && (
            <p className="error" role="alert">
              {request.error.message}
            </p>
          )}
          <div className="actions">
            <Button type="submit" look="primary" busy={request.isPending}>
              {newException.send}
            </Button>
          </div>
        </form>
      ) : (
        <Card title={newException.mayNot}>
          <Denied permission="waivers.request" />
        </Card>
      )}
    </Page>
  );
}
