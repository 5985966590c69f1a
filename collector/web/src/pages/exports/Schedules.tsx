import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type ExportSchedule, exportSchedules, savedQueries, useUnschedule } from '../../api/exports';
import { Table } from '../../parts/Listing';
import { patterns, exportsPage as words } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Card } from '../../ui/Card';
import { Confirm } from '../../ui/Dialog';
import { Empty, Failed } from '../../ui/Notice';
import { Skeleton } from '../../ui/Skeleton';

/** When one's views are taken away as files. */
export function Schedules() {
  const query = useQuery(exportSchedules());
  const content = () => {
    if (query.isError)
      return <Failed what={words.schedulesFailed} error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending) return <Skeleton lines={3} label={words.schedulesLoading} />;
    if (query.data.items.length === 0) return <Empty title={words.noSchedules}>{words.noSchedulesWhy}</Empty>;
    return (
      <Table label={words.schedulesTitle} head={words.schedulesHead}>
        {query.data.items.map((schedule) => (
          <Row key={schedule.id} schedule={schedule} />
        ))}
      </Table>
    );
  };
  return (
    <Card title={words.schedulesTitle} flush>
      {content()}
    </Card>
  );
}

function Row({ schedule }: { schedule: ExportSchedule }) {
  const [asked, setAsked] = useState(false);
  const kept = useQuery(savedQueries());
  const end = useUnschedule();
  const name = kept.data?.find(({ id }) => id === schedule.query)?.name ?? words.goneView;
  const known = patterns.find(({ pattern }) => pattern === schedule.pattern);
  return (
    <tr>
      <td className="subject strong">{name}</td>
      <td>{words.format[schedule.format]}</td>
      <td className="nowrap">{known?.word ?? <code className="mono">{schedule.pattern}</code>}</td>
      <td className="nowrap">{schedule.time_zone}</td>
      <td>
        <span className="row-deeds">
          <Button look="ghost" onClick={() => setAsked(true)}>
            {words.remove}
            <span className="sr"> {name}</span>
          </Button>
        </span>
        <Confirm
          opened={asked}
          title={words.unschedule.title(name)}
          action={words.unschedule.send}
          busy={end.isPending}
          error={end.error}
          onConfirm={() => end.mutate(schedule.id)}
          onClose={() => setAsked(false)}
        >
          <p>{words.unschedule.what}</p>
        </Confirm>
      </td>
    </tr>
  );
}
