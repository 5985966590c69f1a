import { useInfiniteQuery } from '@tanstack/react-query';
import { exportFiles } from '../../api/exports';
import { Listing, Table } from '../../parts/Listing';
import { exportsPage as words } from '../../strings/en/decide';
import { Card } from '../../ui/Card';
import { StampAgo } from '../../ui/Time';

/** Files that were made and wait to be fetched. */
export function Files() {
  const list = useInfiniteQuery(exportFiles());
  return (
    <Card title={words.filesTitle} flush>
      <Listing list={list} words={words.files} filtered={false} onClear={() => undefined} lines={3}>
        {(files) => (
          <Table label={words.filesTitle} head={words.filesHead}>
            {files.map((file) => (
              <tr key={file.id}>
                <td className="subject">
                  <a className="name" href={`/api/v1/export-files/${file.id}`} download={file.name}>
                    {file.name}
                  </a>
                </td>
                <td className="num">{file.items.toLocaleString('en')}</td>
                <td className="nowrap">
                  <StampAgo at={file.made_at} />
                </td>
              </tr>
            ))}
          </Table>
        )}
      </Listing>
    </Card>
  );
}
