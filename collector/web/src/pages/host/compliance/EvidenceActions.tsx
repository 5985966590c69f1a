import { IconCheck, IconCopy, IconDownload } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useRef } from 'react';
import type { HostDetail } from '../../../api/client';
import { type Outcome, useProof } from '../../../api/posture';
import { useCopy } from '../../../lib/copy';
import { outcomeText } from '../../../lib/evidence';
import { useMay } from '../../../lib/may';
import { evidence as text } from '../../../strings/en/compliance';
import { Button } from '../../../ui/Button';

type Props = {
  host: HostDetail;
  rule: string;
  result: string;
  at: string | undefined;
  outcome: Outcome | null;
};

/** Takes the evidence elsewhere: as text, as a proof, or to its rule. */
export function EvidenceActions({ host, rule, result, at, outcome }: Props) {
  const proof = useProof(host.id, result, at);
  const may = useMay();
  return (
    <div>
      <div className="actions start">
        {outcome && <CopyEvidence text={outcomeText(host.hostname, result, outcome)} />}
        {outcome && (
          <Button
            busy={proof.isPending}
            onClick={() => proof.mutate(`proof-${host.hostname}-${result}.json`.replace(/[^\w.@-]/g, '_'))}
          >
            <IconDownload size={16} aria-hidden />
            {text.proof}
          </Button>
        )}
        <Link className="btn" to="/rules/$id" params={{ id: rule }}>
          {text.rule}
        </Link>
        {outcome?.status === 'fail' && !at && may('waivers.request') && (
          <Link className="btn" to="/exceptions/new" search={{ host: host.id, rule }}>
            {text.exception}
          </Link>
        )}
      </div>
      {proof.error && (
        <p className="error" role="alert">
          {text.proofFailed}
          {proof.error.message}
        </p>
      )}
    </div>
  );
}

function CopyEvidence({ text: raw }: { text: string }) {
  const shown = useRef<HTMLPreElement>(null);
  const [outcome, copy] = useCopy(raw, shown);
  return (
    <>
      <Button className="copy-evidence" onClick={() => void copy()}>
        {outcome === 'copied' ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
        {outcome === 'copied' ? text.copied : text.copy}
      </Button>
      <span className="sr" role="status">
        {outcome === 'copied' && text.copiedSpoken}
        {outcome === 'selected' && text.selected}
      </span>
      {/* Only where the clipboard is closed: the text is here to be selected. */}
      <pre ref={shown} className={outcome === 'selected' ? 'raw' : 'sr'} aria-hidden="true">
        {raw}
      </pre>
    </>
  );
}
