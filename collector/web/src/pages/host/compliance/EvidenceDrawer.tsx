import { IconX } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { catalogue } from '../../../api/catalogue';
import type { HostDetail } from '../../../api/client';
import { posture } from '../../../api/posture';
import { evidence as text } from '../../../strings/en/compliance';
import { Button } from '../../../ui/Button';
import { Drawer } from '../../../ui/Drawer';
import { Empty, Failed } from '../../../ui/Notice';
import { Severity } from '../../../ui/Severity';
import { Skeleton } from '../../../ui/Skeleton';
import { Verdict } from '../../../ui/Verdict';
import { EvidenceActions } from './EvidenceActions';
import { History } from './History';
import { OutcomeView } from './OutcomeView';
import { WaiverNote } from './WaiverNote';

const route = getRouteApi('/signed-in/hosts/$id');

/** The result that the address names, with everything that it stands on. */
export function EvidenceDrawer({ host, at }: { host: HostDetail; at: string | undefined }) {
  const { result } = route.useSearch();
  const setView = route.useNavigate();
  const close = () => {
    void setView({ search: (old) => ({ ...old, result: undefined }), resetScroll: false });
    // Back to the row that it was opened from, if that is in the page.
    if (result) document.getElementById(`result-${result}`)?.focus({ preventScroll: true });
  };
  return (
    <Drawer opened={result !== undefined} label={text.label} width={640} onClose={close}>
      {result && <Content key={result} host={host} result={result} at={at} onClose={close} />}
    </Drawer>
  );
}

type ContentProps = { host: HostDetail; result: string; at: string | undefined; onClose: () => void };

function Content({ host, result, at, onClose }: ContentProps) {
  const rule = result.split('@')[0] ?? result;
  const detail = useQuery(posture.result(host.id, result, at));
  const about = useQuery(catalogue.rule(rule));
  const now = detail.data?.result;

  const body = () => {
    if (detail.isError)
      return <Failed what={text.failed} error={detail.error} retry={() => void detail.refetch()} />;
    if (!detail.data) return <Skeleton lines={8} label={text.loading} />;
    return (
      <>
        {detail.data.waived && <WaiverNote waived={detail.data.waived} />}
        {now ? <OutcomeView outcome={now} /> : <Empty title={text.none}>{text.noneWhy}</Empty>}
        {about.data && (
          <section aria-label={text.why}>
            <h3>{text.why}</h3>
            <p className="prose">{about.data.why}</p>
          </section>
        )}
        <History id={host.id} result={result} before={detail.data.before} />
      </>
    );
  };
  return (
    <>
      <div className="told-head">
        <div className="grow">
          <h2 className="wrap">{about.data?.title ?? result}</h2>
          <code className="mono muted">{result}</code>
        </div>
        <Button look="ghost" square aria-label={text.close} onClick={onClose} data-autofocus>
          <IconX size={16} aria-hidden />
        </Button>
      </div>
      <div className="evidence">
        <div className="sub">
          {detail.data && now && <Verdict status={now.status} />}
          {about.data && <Severity level={about.data.severity} />}
        </div>
        {detail.data && (
          <EvidenceActions host={host} rule={rule} result={result} at={at} outcome={now ?? null} />
        )}
        {body()}
      </div>
    </>
  );
}
