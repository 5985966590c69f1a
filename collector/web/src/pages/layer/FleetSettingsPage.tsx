import { useMay } from '../../lib/may';
import { layerText } from '../../strings/en/govern/layers';
import { Page } from '../../ui/Page';
import { LayerCard } from './LayerCard';

/** What holds for every host that nothing closer says otherwise of. */
export function FleetSettingsPage() {
  const may = useMay();
  return (
    <Page title={layerText.title.fleet} sub={layerText.fleetSub}>
      <LayerCard whose={{ layer: 'fleet' }} writes={may('settings.fleet', true)} />
    </Page>
  );
}
