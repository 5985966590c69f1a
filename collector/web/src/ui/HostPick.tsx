import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { queries } from '../api/queries';
import { pickText } from '../strings/en/govern/common';
import { Button } from './Button';
import { TextField } from './fields';

export type PickedHost = { id: string; hostname: string };

type Props = {
  label: string;
  hint?: string;
  value: PickedHost | null;
  onPick: (host: PickedHost | null) => void;
};

const FOUND = 6;

/** One host of the fleet, found by a few letters of its name. */
export function HostPick({ label, hint, value, onPick }: Props) {
  const [typed, setTyped] = useState('');
  const q = typed.trim();
  const found = useQuery({ ...queries.hostsNamed(q, FOUND), enabled: q.length > 0 && value === null });
  if (value)
    return (
      <div className="field">
        <span>{label}</span>
        <div className="picked">
          <span className="strong clip">{value.hostname}</span>
          <Button
            look="ghost"
            square
            aria-label={pickText.remove(value.hostname)}
            onClick={() => onPick(null)}
          >
            <IconX size={16} aria-hidden />
          </Button>
        </div>
      </div>
    );
  const hosts = q ? (found.data?.items ?? []) : [];
  return (
    <div className="pick-host">
      <TextField label={label} hint={hint} value={typed} maxLength={200} onChange={setTyped} />
      {q && (
        <ul aria-label={pickText.found}>
          {hosts.map((host) => (
            <li key={host.id}>
              <button
                type="button"
                className="linkish clip"
                onClick={() => {
                  onPick({ id: host.id, hostname: host.hostname });
                  setTyped('');
                }}
              >
                {host.hostname}
              </button>
            </li>
          ))}
          {found.isSuccess && hosts.length === 0 && <li className="muted">{pickText.none}</li>}
        </ul>
      )}
    </div>
  );
}
