import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { catalogue, type Framework } from '../../api/catalogue';
import { type Lens, posture } from '../../api/posture';
import { useAt } from '../../lib/at';
import { useMay } from '../../lib/may';
import { rules, frameworks as text } from '../../strings/en/catalogue';
import { NoPermission } from '../../ui/NoPermission';
import { Empty, Failed } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { PresentOnly } from '../../ui/PresentOnly';
import { Score } from '../../ui/Score';
import { Skeleton } from '../../ui/Skeleton';

/** What there is to be held against, how far rules cover it, and how the fleet stands through each. */
export function FrameworksPage() {
  const at = useAt();
  const may = useMay();
  const list = useQuery({ ...catalogue.frameworks(), enabled: may('rules.read') });
  const lenses = useQuery({ ...posture.lenses({ at }), enabled: may('results.read') });
  if (!may('rules.read'))
    return (
      <NoPermission page={text.title} title={rules.noPermission}>
        {rules.noPermissionWhy}
      </NoPermission>
    );

  const content = () => {
    if (list.isError)
      return <Failed what={text.failed} error={list.error} retry={() => void list.refetch()} />;
    if (list.isPending) return <Skeleton lines={12} label={text.loading} />;
    if (list.data.items.length === 0) return <Empty title={text.none}>{text.noneWhy}</Empty>;
    return (
      <section className="scroll" aria-label={text.list} tabIndex={0}>
        <table className="plain">
          <thead>
            <tr>
              <th>{text.framework}</th>
              <th>{text.platform}</th>
              <th className="right">{text.controls}</th>
              <th className="right">{text.automated}</th>
              <th className="right">{text.covered}</th>
              <th className="right">{text.evidenced}</th>
              <th className="right">{text.rules}</th>
              {may('results.read') && <th className="right">{text.hosts}</th>}
              {may('results.read') && <th className="right">{text.score}</th>}
            </tr>
          </thead>
          <tbody>
            {list.data.items.map((framework) => (
              <Row
                key={framework.key}
                framework={framework}
                lens={lenses.data?.lenses.find(
                  ({ sort, key }) => sort === 'framework' && key === framework.key,
                )}
                scored={may('results.read')}
              />
            ))}
          </tbody>
        </table>
      </section>
    );
  };
  return (
    <Page title={text.title} sub={text.sub}>
      <PresentOnly what={text.catalogue} />
      <section className="card" aria-label={text.title}>
        {content()}
      </section>
      {may('results.read') && <p className="muted">{text.lensNote}</p>}
    </Page>
  );
}

function Row({ framework, lens, scored }: { framework: Framework; lens: Lens | undefined; scored: boolean }) {
  const { key } = framework;
  return (
    <tr>
      <td className="nowrap">
        <Link className="name mono" to="/frameworks/$key" params={{ key }}>
          {key}
        </Link>
      </td>
      <td className="nowrap">{framework.platform ?? text.anyLinux}</td>
      <td className="right num">{framework.controls.toLocaleString('en')}</td>
      <td className="right num">{framework.automated.toLocaleString('en')}</td>
      <td className="right num">{framework.covered.toLocaleString('en')}</td>
      <td className="right num">{framework.evidenced.toLocaleString('en')}</td>
      <td className="right num">
        <Link to="/rules" search={{ framework: key }}>
          {framework.rules.toLocaleString('en')}
        </Link>
      </td>
      {scored && <td className="right num">{lens ? lens.counted.toLocaleString('en') : '–'}</td>}
      {scored && (
        <td className="right">
          {lens ? (
            <Link to="/findings" search={{ framework: key }}>
              <Score of={lens.score} />
            </Link>
          ) : (
            <Score of={null} />
          )}
        </td>
      )}
    </tr>
  );
}
