import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { queries } from '../../api/queries';
import { Banner, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Skeleton } from '../../ui/Skeleton';
import { BundleCard } from './BundleCard';
import { Bundles } from './Bundles';
import { Fleet } from './Fleet';
import { Refusals } from './Refusals';

const route = getRouteApi('/signed-in/content');

/** The rules of the fleet: which bundles there are, who signed them, and which hosts have which. */
export function ContentPage() {
  const { bundle: chosen } = route.useSearch();
  const fleet = useQuery(queries.content());
  return (
    <Page title="Content" sub="Signed bundles of rules: what the fleet has, and what is published">
      <Mode />
      {chosen !== undefined && <BundleCard serial={chosen} />}
      {fleet.isError ? (
        <section className="card">
          <Failed
            what="The content of the fleet did not load"
            error={fleet.error}
            retry={() => void fleet.refetch()}
          />
        </section>
      ) : fleet.isPending ? (
        <Skeleton lines={4} label="Loading the content of the fleet" />
      ) : (
        <>
          <Fleet content={fleet.data} />
          {fleet.data.refused.length > 0 && <Refusals content={fleet.data} />}
        </>
      )}
      <Bundles chosen={chosen} />
    </Page>
  );
}

/** Who can sign here, when it is this collector: then it is as good as the publisher. */
function Mode() {
  const mode = useQuery(queries.contentMode());
  if (mode.isError)
    return <Banner tone="stale">Whether this collector can sign content by itself is not known.</Banner>;
  if (!mode.data?.one_machine) return null;
  return (
    <Banner tone="warn">
      This collector can sign content by itself (one-machine mode). Whoever controls it decides which rules
      its hosts follow.
    </Banner>
  );
}
