import { useInfiniteQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { type Job, system, useRetryJob } from '../../api/system';
import { useMay } from '../../lib/may';
import { JOB_STATES } from '../../lib/search/govern';
import { listText } from '../../strings/en/govern/common';
import { jobState, systemText } from '../../strings/en/govern/system';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { FilterSelect } from '../../ui/fields';
import { Listing } from '../../ui/Listing';
import { Empty } from '../../ui/Notice';
import type { Tone } from '../../ui/Shape';
import { Status } from '../../ui/Status';
import { Ago } from '../../ui/Time';

const route = getRouteApi('/signed-in/system');
const TONES: Record<Job['state'], Tone> = { waiting: 'unknown', running: 'unknown', dead: 'fail' };

/** Work that is to be done, or that was given up. */
export function JobsCard() {
  const may = useMay();
  const { jobs: state } = route.useSearch();
  const setView = route.useNavigate();
  const list = useInfiniteQuery(system.jobs(state));
  const retry = useRetryJob();
  const t = systemText;
  return (
    <Card
      title={t.jobs}
      flush
      aside={
        <div className="actions">
          <FilterSelect
            label={t.state}
            value={state ?? ''}
            options={[
              { value: '', label: t.all },
              ...JOB_STATES.map((value) => ({ value, label: jobState[value].word })),
            ]}
            onChange={(chosen) =>
              void setView({
                search: (old) => ({ ...old, jobs: JOB_STATES.find((known) => known === chosen) }),
              })
            }
          />
        </div>
      }
    >
      {retry.error && (
        <p className="note error" role="alert">
          {t.retryFailed}: {retry.error.message}
        </p>
      )}
      <Listing
        what={t.whatJobs}
        query={list}
        items={list.data?.pages.flatMap((page) => page.items) ?? []}
        lines={4}
        head={[t.queue, t.state, t.attempts, t.due, t.error, { label: listText.actions, hidden: true }]}
        row={(job) => (
          <tr key={job.id}>
            <td>
              <span className="strong">{job.queue}</span>
              <div className="muted cut">{job.lane}</div>
            </td>
            <td>
              <Status
                tone={TONES[job.state]}
                word={jobState[job.state].word}
                meaning={jobState[job.state].meaning}
              />
            </td>
            <td className="nowrap num">{t.of(job.attempts, job.max_attempts)}</td>
            <td>
              <Ago at={job.ended_at ?? job.due_at} />
            </td>
            <td className="cut">{job.error ?? <span className="muted">–</span>}</td>
            <td className="right">
              {job.state === 'dead' && may('channels.write') && (
                <Button
                  aria-label={t.retryLabel(job.queue, job.id)}
                  busy={retry.isPending && retry.variables === job.id}
                  onClick={() => retry.mutate(job.id)}
                >
                  {t.retry}
                </Button>
              )}
            </td>
          </tr>
        )}
        empty={
          state ? (
            <Empty
              title={t.noMatch}
              action={
                <Button onClick={() => void setView({ search: (old) => ({ ...old, jobs: undefined }) })}>
                  {listText.clear}
                </Button>
              }
            />
          ) : (
            <Empty title={t.noJobs}>{t.noJobsWhy}</Empty>
          )
        }
      />
    </Card>
  );
}
