import { useMay } from '../../lib/may';
import { tokensText } from '../../strings/en/govern/tokens';
import { Page } from '../../ui/Page';
import { TokenTable } from './TokenTable';

/** Everybody's API tokens. */
export function AllTokensPage() {
  const may = useMay();
  return (
    <Page title={tokensText.all.title} sub={tokensText.all.sub}>
      <TokenTable whose="all" ends={may('accounts.write')} />
    </Page>
  );
}
