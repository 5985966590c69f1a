import { useMay } from '../../lib/may';
import { LayerCard } from '../layer/LayerCard';

export function GroupSettings({ id }: { id: string }) {
  const may = useMay();
  return <LayerCard whose={{ layer: 'group', id }} writes={may('settings.write')} />;
}
