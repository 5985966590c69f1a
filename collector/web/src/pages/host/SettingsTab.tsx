import { useMay } from '../../lib/may';
import { EffectiveCard } from '../layer/EffectiveCard';
import { LayerCard } from '../layer/LayerCard';

/** What is set for a host: in force from all layers, and by the host's own. */
export function SettingsTab({ id }: { id: string }) {
  const may = useMay();
  return (
    <div className="columns">
      <div className="stack">
        <EffectiveCard id={id} />
      </div>
      <LayerCard whose={{ layer: 'host', id }} writes={may('settings.write')} />
    </div>
  );
}
