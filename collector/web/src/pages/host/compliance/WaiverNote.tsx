import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { posture, type WaivedBy } from '../../../api/posture';
import { useMay } from '../../../lib/may';
import { evidence as text } from '../../../strings/en/compliance';
import { Shape } from '../../../ui/Shape';
import { StampAgo } from '../../../ui/Time';

/** That the failure is accepted for a while; by whom and why, where one may read that. */
export function WaiverNote({ waived }: { waived: WaivedBy }) {
  const may = useMay();
  const waiver = useQuery({ ...posture.waiver(waived.waiver), enabled: may('waivers.read') });
  return (
    <div className="banner" data-tone="exception">
      <Shape tone="exception" size={16} />
      <div className="grow">
        {text.waivedUntil} <StampAgo at={waived.until} />
        {waiver.data && (
          <div>
            {waiver.data.approved_by && (
              <>
                {text.acceptedBy} {waiver.data.approved_by}.{' '}
              </>
            )}
            {text.reason}:{' '}
            <Link to="/exceptions/$id" params={{ id: waived.waiver }}>
              {waiver.data.reason}
            </Link>
          </div>
        )}
      </div>
    </div>
  );
}
