import { useQuery } from '@tanstack/react-query';
import { type EffectiveSettings, type InForceState, layers, type Origin } from '../../api/layers';
import { kindName } from '../../strings/en';
import { effectiveText, inForce, layerText, originText } from '../../strings/en/govern/layers';
import { Card, Pair } from '../../ui/Card';
import { NotLoaded } from '../../ui/Listing';
import { Banner, Empty } from '../../ui/Notice';
import type { Tone } from '../../ui/Shape';
import { Skeleton } from '../../ui/Skeleton';
import { Status } from '../../ui/Status';
import { StampAgo } from '../../ui/Time';

const TONES: Record<InForceState, Tone> = {
  in_force: 'pass',
  pending: 'unknown',
  refused: 'fail',
  never_reported: 'stale',
  unsupported: 'warn',
};

type Value = { name: string; value: string; from: Origin };

/** What is set for a host from all its layers, and what its agent made of it. */
export function EffectiveCard({ id }: { id: string }) {
  const query = useQuery(layers.effective(id));
  const t = effectiveText;
  if (!query.data)
    return (
      <section className="card">
        {query.isError ? (
          <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
        ) : (
          <Skeleton lines={8} />
        )}
      </section>
    );
  const settings = query.data;
  const { on_host, compliance } = settings;
  return (
    <>
      <Card title={t.agent} flush>
        <Standing standing={on_host} />
        {on_host.disabled_kinds.length > 0 && (
          <p className="note">{t.disabled(on_host.disabled_kinds.map(kindName))}</p>
        )}
        {on_host.unknown_kinds.length > 0 && <p className="note">{t.unknownKinds(on_host.unknown_kinds)}</p>}
        <Values values={collected(settings)} />
      </Card>
      <Card title={t.compliance} flush>
        <Standing standing={compliance.on_host} />
        {compliance.on_host.unknown_profiles.length > 0 && (
          <p className="note">{t.unknownProfiles(compliance.on_host.unknown_profiles)}</p>
        )}
        {compliance.on_host.unknown_variables.length > 0 && (
          <p className="note">{t.unknownVariables(compliance.on_host.unknown_variables)}</p>
        )}
        <Values values={heldTo(settings)} />
      </Card>
    </>
  );
}

type InForce = Pick<EffectiveSettings['on_host'], 'state' | 'since' | 'reported_at' | 'refused' | 'version'>;

function Standing({ standing }: { standing: InForce }) {
  const t = effectiveText;
  const { word, meaning } = inForce[standing.state];
  return (
    <div className="body stack">
      {standing.refused && (
        <Banner tone="fail">
          {t.refused}: {standing.refused}
        </Banner>
      )}
      <dl className="pairs">
        <Pair name={t.state}>
          <Status tone={TONES[standing.state]} word={word} meaning={meaning} />{' '}
          <span className="muted">{meaning}</span>
        </Pair>
        {standing.since && (
          <Pair name={t.since}>
            <StampAgo at={standing.since} />
          </Pair>
        )}
        {standing.reported_at && (
          <Pair name={t.reported}>
            <StampAgo at={standing.reported_at} />
          </Pair>
        )}
      </dl>
    </div>
  );
}

function Values({ values }: { values: readonly Value[] }) {
  const t = effectiveText;
  if (values.length === 0) return <Empty title={t.nothing}>{t.nothingWhy}</Empty>;
  return (
    <section className="scroll" aria-label={t.what} tabIndex={0}>
      <table className="plain">
        <thead>
          <tr>
            <th>{t.setting}</th>
            <th>{t.value}</th>
            <th>{t.from}</th>
          </tr>
        </thead>
        <tbody>
          {values.map(({ name, value, from }) => (
            <tr key={`${name} ${value}`}>
              <td>{name}</td>
              <td className="num cut">{value}</td>
              <td className="nowrap">{originText(from)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const onOff = (value: boolean): string => (value ? layerText.on : layerText.off);

function collected({ reconcile_s, metrics, kinds }: EffectiveSettings): Value[] {
  const t = effectiveText;
  const values: (Value | null)[] = [
    reconcile_s && { name: t.reconcile, value: t.seconds(reconcile_s.value), from: reconcile_s.from },
    metrics.enabled && { name: t.metrics, value: onOff(metrics.enabled.value), from: metrics.enabled.from },
    metrics.send_every_s && {
      name: t.send,
      value: t.seconds(metrics.send_every_s.value),
      from: metrics.send_every_s.from,
    },
    ...Object.entries(kinds).flatMap(([kind, { enabled, every_s }]) => [
      enabled && { name: t.kindLooked(kindName(kind)), value: onOff(enabled.value), from: enabled.from },
      every_s && { name: t.kindEvery(kindName(kind)), value: t.seconds(every_s.value), from: every_s.from },
    ]),
  ];
  return values.filter((value) => value !== null);
}

const heldTo = ({ compliance }: EffectiveSettings): Value[] => [
  ...compliance.profiles.map(({ key, from }) => ({ name: effectiveText.profile, value: key, from })),
  ...Object.entries(compliance.variables).map(([name, { value, from }]) => ({
    name,
    value: typeof value === 'string' ? value : JSON.stringify(value),
    from,
  })),
];
