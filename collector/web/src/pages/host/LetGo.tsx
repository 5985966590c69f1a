import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import type { HostDetail } from '../../api/client';
import { useLetGo } from '../../api/retention';
import { goneText } from '../../strings/en/govern/retention';
import { Button } from '../../ui/Button';
import { Confirm } from '../../ui/Dialog';
import { TextField } from '../../ui/fields';

const words = {
  archive: { action: goneText.archive, ask: goneText.archiveAsk, what: goneText.archiveWhat },
  forget: { action: goneText.forget, ask: goneText.forgetAsk, what: goneText.forgetWhat },
};

/** Takes a retired host out of the tables. Its name is typed, so that none goes by a slip of the hand. */
export function LetGo({ host, deed }: { host: HostDetail; deed: 'archive' | 'forget' }) {
  const [asking, setAsking] = useState(false);
  const [typed, setTyped] = useState('');
  const letGo = useLetGo(host.id);
  const navigate = useNavigate();
  const { action, ask, what } = words[deed];
  const close = () => {
    setAsking(false);
    setTyped('');
    letGo.reset();
  };
  return (
    <>
      <Button look={deed === 'forget' ? 'danger' : undefined} onClick={() => setAsking(true)}>
        {action}
      </Button>
      <Confirm
        opened={asking}
        title={ask(host.hostname)}
        action={action}
        busy={letGo.isPending}
        error={letGo.error}
        onConfirm={() =>
          letGo.mutate(
            { deed, hostname: typed },
            { onSuccess: () => void navigate({ to: deed === 'archive' ? '/settings/archive' : '/hosts' }) },
          )
        }
        onClose={close}
      >
        <p>{what}</p>
        <TextField label={goneText.type(host.hostname)} value={typed} onChange={setTyped} />
      </Confirm>
    </>
  );
}
