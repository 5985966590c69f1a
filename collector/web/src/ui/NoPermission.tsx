import type { ReactNode } from 'react';
import { Empty } from './Notice';
import { Page } from './Page';

/** A page whose content one may not read: with what would be needed. */
export function NoPermission({
  page,
  title,
  children,
}: {
  page: string;
  title: string;
  children: ReactNode;
}) {
  return (
    <Page title={page}>
      <section className="card">
        <Empty title={title}>{children}</Empty>
      </section>
    </Page>
  );
}
