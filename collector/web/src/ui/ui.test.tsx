import { render, screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { describe, expect, it, vi } from 'vitest';
import { diffFields } from '../lib/diff';
import { bellText, durationText, plural, refusalText, skewText } from '../strings/en';
import { Bar } from './Bar';
import { Button } from './Button';
import { CopyLine } from './CopyLine';
import { FieldDiff } from './FieldDiff';
import { Search } from './Search';
import { Severity } from './Severity';
import { HostStatus, RolloutStatus } from './Status';

describe('HostStatus', () => {
  it('has a word, and a shape that readers pass over', () => {
    const { container } = render(<HostStatus state="quarantined" />);
    expect(screen.getByText('Quarantined')).toBeVisible();
    expect(container.querySelector('svg')).toHaveAttribute('aria-hidden', 'true');
  });
  it('says apart why a host is away', () => {
    render(
      <>
        <HostStatus state="link_lost" />
        <HostStatus state="agent_killed" />
        <HostStatus state="agent_stopped" />
      </>,
    );
    expect(screen.getByText('Link lost')).toHaveAttribute('title', expect.stringMatching(/No packets/));
    expect(screen.getByText('Agent killed')).toHaveAttribute(
      'title',
      expect.stringMatching(/without a word/),
    );
    expect(screen.getByText('Agent stopped')).toBeVisible();
  });
  it('has another shape for each state', () => {
    const shapes = (['online', 'agent_stopped', 'revoked', 'quarantined'] as const).map(
      (state) => render(<HostStatus state={state} />).container.querySelector('svg')?.innerHTML,
    );
    expect(new Set(shapes).size).toBe(4);
  });
});

describe('Severity', () => {
  it('is a word and as many bars, so that nobody needs the colour', () => {
    const bars = (['info', 'low', 'medium', 'high', 'critical'] as const).map((level) => {
      const { container } = render(<Severity level={level} />);
      expect(container.querySelector('svg')).toHaveAttribute('aria-hidden', 'true');
      return container.querySelectorAll('rect[data-on]').length;
    });
    expect(bars).toEqual([0, 1, 2, 3, 4]);
    expect(screen.getByText('Critical')).toBeVisible();
  });
});

describe('the bell', () => {
  it('counts to nine', () => {
    expect([1, 9, 10, 500].map(bellText)).toEqual(['1', '9', '9+', '9+']);
  });
});

describe('RolloutStatus', () => {
  it('says apart where a rollout stands', () => {
    render(
      <>
        <RolloutStatus state="halted" />
        <RolloutStatus state="what_if" />
      </>,
    );
    expect(screen.getByText('Halted')).toHaveAttribute(
      'title',
      expect.stringMatching(/not offered it any more/),
    );
    expect(screen.getByText('Trial')).toHaveAttribute(
      'title',
      expect.stringMatching(/comes in force nowhere/),
    );
  });
});

describe('Bar', () => {
  it('says each share in words, and leaves out what nobody is', () => {
    const parts = [
      { name: 'in force', count: 1_200, tone: 'pass' },
      { name: 'refused', count: 0, tone: 'fail' },
      { name: 'offered', count: 3, tone: 'rest' },
    ] as const;
    const { container } = render(<Bar label="Hosts" parts={[...parts]} />);
    const shares = screen.getByRole('list', { name: 'Hosts' });
    expect([...shares.children].map((item) => item.textContent)).toEqual(['1,200 in force', '3 offered']);
    expect(container.querySelectorAll('.bar > i')).toHaveLength(2);
  });
});

describe('words of content', () => {
  it('has a sentence for a refusal, and the code of one that it does not know', () => {
    expect(refusalText('equivocation')).toMatch(/same number/);
    expect(refusalText('newer_than_this_console')).toBe('newer_than_this_console');
  });
  it('counts, and tells lengths of time in whole units', () => {
    expect([plural(1, 'host'), plural(1_200, 'host')]).toEqual(['1 host', '1,200 hosts']);
    expect([0, 90, 3_600, 172_800].map(durationText)).toEqual([
      '0 seconds',
      '90 seconds',
      '1 hour',
      '2 days',
    ]);
  });
});

describe('skewText', () => {
  it('says how far and in which direction a clock is off', () => {
    expect(skewText(0)).toBe('exact');
    expect(skewText(-340)).toBe('340 ms behind');
    expect(skewText(12_400)).toBe('12 s ahead');
    expect(skewText(-600_000)).toBe('10 min behind');
  });
});

describe('FieldDiff', () => {
  it('says before and after in words as well as in colour, and marks what differs', () => {
    render(<FieldDiff label="Change" fields={diffFields({ login: 'is no' }, { login: 'is yes' })} />);
    const [before, after] = screen.getAllByRole('row');
    expect(before).toHaveTextContent('−before');
    expect(before?.querySelector('del')).toHaveTextContent('no');
    expect(after).toHaveTextContent('+after');
    expect(after?.querySelector('ins')).toHaveTextContent('yes');
  });
});

describe('Button', () => {
  it('does nothing while it is busy, and keeps the focus', async () => {
    const press = vi.fn();
    render(
      <Button busy onClick={press}>
        Save
      </Button>,
    );
    await userEvent.click(screen.getByRole('button', { name: 'Save' }));
    expect(press).not.toHaveBeenCalled();
    expect(screen.getByRole('button', { name: 'Save' })).toHaveFocus();
  });
});

describe('CopyLine', () => {
  it('copies exactly its text', async () => {
    const user = userEvent.setup();
    render(<CopyLine text="enroll --token ow1_x" label="Command" />);
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(await screen.findByRole('button', { name: 'Copied' })).toBeVisible();
    expect(await navigator.clipboard.readText()).toBe('enroll --token ow1_x');
  });
  it('selects the line where the clipboard is closed', async () => {
    const user = userEvent.setup();
    vi.spyOn(navigator.clipboard, 'writeText').mockRejectedValueOnce(new Error('denied'));
    render(<CopyLine text="enroll --token ow1_x" label="Command" />);
    await user.click(screen.getByRole('button', { name: 'Copy' }));
    expect(await screen.findByText(/The line is selected/)).toBeInTheDocument();
    expect(getSelection()?.toString()).toBe('enroll --token ow1_x');
  });
});

describe('Search', () => {
  it('searches once typing rests, without the spaces around', async () => {
    const onSearch = vi.fn();
    render(<Search label="Find" placeholder="" value="" onSearch={onSearch} delay={20} />);
    await userEvent.type(screen.getByRole('searchbox', { name: 'Find' }), ' web ');
    await vi.waitFor(() => expect(onSearch).toHaveBeenCalledWith('web'));
    expect(screen.getByRole('searchbox')).toHaveValue(' web ');
  });
  it('follows the URL when that changes from elsewhere', () => {
    const { rerender } = render(<Search label="Find" placeholder="" value="old" onSearch={() => {}} />);
    rerender(<Search label="Find" placeholder="" value="" onSearch={() => {}} />);
    expect(screen.getByRole('searchbox')).toHaveValue('');
  });
});
