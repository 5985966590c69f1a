import { useState } from 'react';
import { type ApiToken, type IssuedApiToken, useRotateToken } from '../../api/tokens';
import { useMay } from '../../lib/may';
import { tokensText } from '../../strings/en/govern/tokens';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { CopyLine } from '../../ui/CopyLine';
import { Confirm } from '../../ui/Dialog';
import { Page } from '../../ui/Page';
import { Stamp } from '../../ui/Time';
import { NewTokenForm } from './NewTokenForm';
import { TokenTable } from './TokenTable';

/** One's own API tokens: made and shown once, rotated, ended. */
export function OwnTokensPage() {
  const may = useMay();
  const makes = may('tokens.own');
  const [adding, setAdding] = useState(false);
  const [issued, setIssued] = useState<IssuedApiToken | null>(null);
  const [rotating, setRotating] = useState<ApiToken | null>(null);
  const rotate = useRotateToken();
  const t = tokensText;
  const close = () => {
    setRotating(null);
    rotate.reset();
  };
  const show = (token: IssuedApiToken) => {
    setIssued(token);
    setAdding(false);
    close();
  };
  return (
    <Page
      title={t.own.title}
      sub={t.own.sub}
      actions={
        !adding && (
          <Button
            look="primary"
            disabled={!makes}
            title={makes ? undefined : t.mayNot}
            onClick={() => setAdding(true)}
          >
            {t.add}
          </Button>
        )
      }
    >
      {issued && (
        <Card title={t.ready(issued.name)}>
          <div className="stack">
            <p>{t.once}</p>
            <CopyLine text={issued.token} label={t.label} />
            <p className="muted">
              {t.use} {t.until} <Stamp at={issued.expires_at} />.
            </p>
            <div className="actions start">
              <Button onClick={() => setIssued(null)}>{t.done}</Button>
            </div>
          </div>
        </Card>
      )}
      {adding && <NewTokenForm onMade={show} onClose={() => setAdding(false)} />}
      <TokenTable whose="own" ends onRotate={makes ? setRotating : undefined} />
      <Confirm
        opened={rotating !== null}
        title={t.rotateAsk(rotating?.name ?? '')}
        action={t.rotateAction}
        look="primary"
        busy={rotate.isPending}
        error={rotate.error}
        onConfirm={() => rotating && rotate.mutate(rotating.id, { onSuccess: show })}
        onClose={close}
      >
        <p>{t.rotateWhat}</p>
      </Confirm>
    </Page>
  );
}
