import { exportsPage as words } from '../../strings/en/decide';
import { Page } from '../../ui/Page';
import { Files } from './Files';
import { Kept } from './Kept';
import { Schedules } from './Schedules';

/** What is kept as a view, what is made of it again and again, and the files. */
export function ExportsPage() {
  return (
    <Page title={words.title} sub={words.sub}>
      <Files />
      <Schedules />
      <Kept />
    </Page>
  );
}
