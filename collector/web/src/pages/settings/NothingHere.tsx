import { settingsText } from '../../strings/en/govern/settings';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';

/** Settings for somebody who may see none of their pages. */
export function NothingHere() {
  return (
    <Page title={settingsText.title}>
      <section className="card">
        <Empty title={settingsText.nothing}>{settingsText.nothingWhy}</Empty>
      </section>
    </Page>
  );
}
