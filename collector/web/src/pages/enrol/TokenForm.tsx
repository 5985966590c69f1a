import { type FormEvent, useState } from 'react';
import type { IssuedToken } from '../../api/client';
import { useCreateToken } from '../../api/mutations';
import { Button } from '../../ui/Button';

const HOUR = 3600;
const DAY = 24 * HOUR;
const LIFETIMES = [
  [HOUR, '1 hour'],
  [8 * HOUR, '8 hours'],
  [DAY, '1 day'],
  [7 * DAY, '7 days'],
  [30 * DAY, '30 days'],
] as const;
const MAX_USES = 100_000;

/** Makes a token. Bounds are the API's; the browser says them before the collector has to. */
export function TokenForm({ onCreated }: { onCreated: (token: IssuedToken) => void }) {
  const create = useCreateToken();
  const [name, setName] = useState('');
  const [group, setGroup] = useState('default');
  const [uses, setUses] = useState('1');
  const [lifetime, setLifetime] = useState<number>(HOUR);

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (create.isPending) return;
    create.mutate(
      { name: name.trim(), group: group.trim(), max_uses: Number(uses), expires_in_s: lifetime },
      { onSuccess: onCreated },
    );
  };

  return (
    <form className="card" aria-labelledby="new-token" onSubmit={submit}>
      <header>
        <h2 id="new-token">New token</h2>
      </header>
      <div className="body form">
        <label className="field">
          <span>Name</span>
          <input
            required
            maxLength={100}
            autoComplete="off"
            placeholder="Web servers, November"
            pattern=".*\S.*"
            title="At least one character"
            value={name}
            onChange={(event) => setName(event.target.value)}
          />
          <small>For you, to know it again in the list</small>
        </label>
        <label className="field">
          <span>Group</span>
          <input
            required
            maxLength={100}
            autoComplete="off"
            pattern=".*\S.*"
            title="At least one character"
            value={group}
            onChange={(event) => setGroup(event.target.value)}
          />
          <small>Hosts that join with it belong to this group</small>
        </label>
        <label className="field">
          <span>Hosts</span>
          <input
            required
            type="number"
            min={1}
            max={MAX_USES}
            value={uses}
            onChange={(event) => setUses(event.target.value)}
          />
          <small>How many may join with it</small>
        </label>
        <label className="field">
          <span>Lifetime</span>
          <select value={lifetime} onChange={(event) => setLifetime(Number(event.target.value))}>
            {LIFETIMES.map(([seconds, label]) => (
              <option key={seconds} value={seconds}>
                {label}
              </option>
            ))}
          </select>
          <small>After this nobody can join with it</small>
        </label>
        <div className="submit">
          <Button type="submit" look="primary" busy={create.isPending}>
            Create token
          </Button>
          <p className="error" role="alert">
            {create.error && `The token was not created: ${create.error.message}`}
          </p>
        </div>
      </div>
    </form>
  );
}
