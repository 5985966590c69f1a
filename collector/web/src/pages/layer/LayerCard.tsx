import { useQuery } from '@tanstack/react-query';
import { layers, type Whose } from '../../api/layers';
import { layerText } from '../../strings/en/govern/layers';
import { Anew } from '../../ui/Anew';
import { NotLoaded } from '../../ui/Listing';
import { Banner } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';
import { Ago } from '../../ui/Time';
import { LayerForm } from './LayerForm';

/** What one layer says itself, to be changed by who may. */
export function LayerCard({ whose, writes }: { whose: Whose; writes: boolean }) {
  const query = useQuery(layers.one(whose));
  const t = layerText;
  if (!query.data)
    return (
      <section className="card">
        {query.isError ? (
          <NotLoaded what={t.what} error={query.error} retry={query.refetch} />
        ) : (
          <Skeleton lines={10} />
        )}
      </section>
    );
  const { updated_at, updated_by, unknown_kinds } = query.data.value;
  return (
    <div className="stack panel">
      <p className="muted">
        {updated_at ? (
          <>
            {t.changed} <Ago at={updated_at} /> {t.by} {updated_by}
          </>
        ) : (
          t.nobody
        )}
      </p>
      {unknown_kinds.length > 0 && <Banner tone="warn">{t.unknownKinds(unknown_kinds)}</Banner>}
      <Anew version={query.data.tag}>
        <LayerForm whose={whose} layer={query.data} writes={writes} onReload={() => void query.refetch()} />
      </Anew>
    </div>
  );
}
