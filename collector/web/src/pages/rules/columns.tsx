import { Link } from '@tanstack/react-router';
import type { Rule } from '../../api/catalogue';
import { rules as text } from '../../strings/en/catalogue';
import type { Column } from '../../ui/Grid';
import { Severity } from '../../ui/Severity';

const TITLE: Column<Rule> = {
  id: 'title',
  label: text.rule,
  width: 300,
  cell: (rule) => (
    <Link className="name" to="/rules/$id" params={{ id: rule.id }} title={rule.title}>
      {rule.title}
    </Link>
  ),
};

const SEVERITY: Column<Rule> = {
  id: 'severity',
  label: text.severity,
  width: 104,
  cell: (rule) => <Severity level={rule.severity} />,
};

export const COLUMNS: readonly Column<Rule>[] = [
  TITLE,
  SEVERITY,
  { id: 'category', label: text.category, width: 110, cell: (rule) => rule.category },
  {
    id: 'id',
    label: text.id,
    width: 260,
    cell: (rule) => (
      <span className="mono" title={rule.id}>
        {rule.id}
      </span>
    ),
  },
  {
    id: 'frameworks',
    label: text.frameworks,
    width: 96,
    right: true,
    cell: (rule) => {
      const keys = Object.keys(rule.controls);
      return (
        <span className="num" title={keys.join(', ')}>
          {keys.length || '–'}
        </span>
      );
    },
  },
];

/** What fits on a phone. */
export const NARROW_COLUMNS: readonly Column<Rule>[] = [{ ...TITLE, width: 220 }, SEVERITY];
