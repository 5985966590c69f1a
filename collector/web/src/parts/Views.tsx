import { IconBookmark, IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import {
  type ExportList,
  exportHref,
  type Filters,
  FORMATS,
  type SavedQuery,
  sameFilters,
  savedQueries,
} from '../api/exports';
import { views } from '../strings/en/decide';
import { Button } from '../ui/Button';
import { Menu } from '../ui/kit';
import { SaveView } from './SaveView';

type Props = {
  list: ExportList;
  /** The filters that are set, by the names of the list's parameters. */
  filters: Filters;
  onApply: (filters: Filters) => void;
};

/** Views of a list that one keeps or that others share, and the list as it is filtered, as a file. */
export function Views({ list, filters, onApply }: Props) {
  const [saving, setSaving] = useState(false);
  return (
    <>
      <Saved list={list} filters={filters} onApply={onApply} onSave={() => setSaving(true)} />
      <Export list={list} filters={filters} />
      {saving && <SaveView list={list} filters={filters} onClose={() => setSaving(false)} />}
    </>
  );
}

function Saved({ list, filters, onApply, onSave }: Props & { onSave: () => void }) {
  const query = useQuery(savedQueries());
  const kept = query.data?.filter((each) => each.list === list) ?? [];
  const current = kept.find((each) => sameFilters(each.filters as Filters, filters));
  const item = (each: SavedQuery) => (
    <Menu.Item key={each.id} onClick={() => onApply(each.filters as Filters)}>
      <span className="view-name">
        <span className="clip">{each.name}</span>
        {each === current && <span className="muted">{views.shown}</span>}
        {!each.own && <span className="muted">{views.by(each.owner)}</span>}
      </span>
    </Menu.Item>
  );
  return (
    <Menu position="bottom-end" width={280} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button className="view-button">
          <IconBookmark size={16} aria-hidden />
          <span className="clip">{current?.name ?? views.saved}</span>
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {kept.length === 0 && <Menu.Label>{query.isError ? views.failed : views.none}</Menu.Label>}
        {kept.some((each) => each.own) && <Menu.Label>{views.own}</Menu.Label>}
        {kept.filter((each) => each.own).map(item)}
        {kept.some((each) => !each.own) && <Menu.Label>{views.others}</Menu.Label>}
        {kept.filter((each) => !each.own).map(item)}
        <Menu.Divider />
        <Menu.Item onClick={onSave}>{views.save}</Menu.Item>
        <Menu.Item component={ManageLink}>{views.manage}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

const ManageLink = (props: object) => <Link {...props} to="/exports" />;

/** The list as it is filtered, streamed as a file. */
export function Export({
  list,
  filters,
  label = views.export,
}: {
  list: ExportList;
  filters: Filters;
  label?: string;
}) {
  return (
    <Menu position="bottom-end" width={200} withinPortal={false} withInitialFocusPlaceholder={false}>
      <Menu.Target>
        <Button>
          <IconDownload size={16} aria-hidden />
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>{views.exportWhat}</Menu.Label>
        {FORMATS.map((format) => (
          <Menu.Item key={format} component="a" href={exportHref(list, filters, format)} download>
            {views.format[format]}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
