import { HOST_GROUPINGS, type HostGrouping } from '../../lib/search';
import { Pick } from '../../parts/Pick';
import { hostsWords as words } from '../../strings/en/decide';

type Props = {
  by: HostGrouping | undefined;
  cards: boolean;
  onBy: (by: HostGrouping | undefined) => void;
  onCards: (cards: boolean) => void;
};

/** How hosts are shown: put together by something, or one by one as rows or as cards. */
export function Shape({ by, cards, onBy, onCards }: Props) {
  return (
    <>
      <Pick
        label={words.groupBy}
        value={by}
        all={words.ungrouped}
        options={HOST_GROUPINGS.map((value) => ({ value, word: words.by[value] }))}
        onChange={onBy}
      />
      {by === undefined && (
        <fieldset className="switch wide" aria-label={words.shape}>
          {[false, true].map((each) => (
            <button
              key={String(each)}
              type="button"
              aria-pressed={cards === each}
              onClick={() => onCards(each)}
            >
              {each ? words.cards : words.table}
            </button>
          ))}
        </fieldset>
      )}
    </>
  );
}
