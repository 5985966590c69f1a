import { IconColumns3 } from '@tabler/icons-react';
import { hostsWords } from '../../strings/en/decide';
import { Button } from '../../ui/Button';
import { Menu } from '../../ui/kit';
import { CHOICES, columnsWord, shownColumns } from './columns';

type Props = { cols: string | undefined; onChange: (cols: string | undefined) => void };

/** Which columns the list has. The name is always one of them. */
export function ColumnPicker({ cols, onChange }: Props) {
  const shown = shownColumns(cols);
  const toggle = (id: string) =>
    onChange(columnsWord(shown.includes(id) ? shown.filter((each) => each !== id) : [...shown, id]));
  return (
    <Menu
      position="bottom-end"
      width={220}
      closeOnItemClick={false}
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <Button className="wide">
          <IconColumns3 size={16} aria-hidden />
          {hostsWords.columns}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.CheckboxItem checked disabled>
          Host <span className="muted">{hostsWords.always}</span>
        </Menu.CheckboxItem>
        {CHOICES.map(({ id, label }) => (
          <Menu.CheckboxItem key={id} checked={shown.includes(id)} onChange={() => toggle(id)}>
            {label}
          </Menu.CheckboxItem>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => onChange(undefined)}>{hostsWords.reset}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
