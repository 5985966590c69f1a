import { getRouteApi, Link } from '@tanstack/react-router';
import { helpText } from '../../strings/en/govern/help';
import { Button } from '../../ui/Button';
import { Empty } from '../../ui/Notice';
import { Page } from '../../ui/Page';
import { Search } from '../../ui/Search';
import { DOCUMENTS, type Document } from './documents';
import { find, marked } from './find';
import { Markdown } from './Markdown';

const route = getRouteApi('/signed-in/help');
const MOST = 30;
const FIRST = 'architecture';

/** The documents of the repository, to be read and searched here. */
export function HelpPage() {
  const { page = FIRST, q } = route.useSearch();
  const setView = route.useNavigate();
  const document = DOCUMENTS.find(({ name }) => name === page);
  const t = helpText;
  const open = (name: string) => void setView({ search: (old) => ({ ...old, page: name, q: undefined }) });
  return (
    <Page
      title={q || !document ? t.title : document.title}
      sub={t.sub}
      actions={
        <Search
          label={t.search}
          placeholder={t.searchHint}
          value={q ?? ''}
          onSearch={(words) =>
            void setView({ search: (old) => ({ ...old, q: words || undefined }), replace: true })
          }
        />
      }
    >
      <div className="help">
        <nav className="help-nav" aria-label={t.pages}>
          {DOCUMENTS.map(({ name, title }) => (
            <Link
              key={name}
              to="/help"
              search={(old) => ({ ...old, page: name, q: undefined })}
              data-active={(!q && name === page) || undefined}
            >
              {title}
            </Link>
          ))}
        </nav>
        <label className="help-choose select">
          <span>{t.choose}</span>
          <select value={page} onChange={({ target }) => open(target.value)}>
            {DOCUMENTS.map(({ name, title }) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        </label>
        {q ? (
          <Results
            question={q}
            onClear={() => void setView({ search: (old) => ({ ...old, q: undefined }) })}
          />
        ) : (
          <Shown document={document} />
        )}
      </div>
    </Page>
  );
}

function Shown({ document }: { document: Document | undefined }) {
  if (!document)
    return (
      <section className="card">
        <Empty title={helpText.missing} />
      </section>
    );
  return (
    <article className="card document" aria-label={document.title}>
      <Markdown blocks={document.blocks} />
    </article>
  );
}

function Results({ question, onClear }: { question: string; onClear: () => void }) {
  const found = find(DOCUMENTS, question, MOST);
  const t = helpText;
  return (
    <section className="card" aria-label={t.results}>
      <header>
        <h2>
          <span role="status">{t.found(found.length, MOST)}</span>
        </h2>
      </header>
      {found.length === 0 ? (
        <Empty title={t.none} action={<Button onClick={onClear}>{t.clear}</Button>} />
      ) : (
        <ul className="places">
          {found.map(({ document, section, snippet }) => (
            <li key={`${document.name} ${section.id}`}>
              <Link
                className="name"
                to="/help"
                search={(old) => ({ ...old, page: document.name, q: undefined })}
                hash={section.id || undefined}
              >
                {document.title}
                {section.heading !== document.title && ` · ${section.heading}`}
              </Link>
              <p className="muted">
                {marked(snippet, question).map(({ text, hit }, index) =>
                  // biome-ignore lint/suspicious/noArrayIndexKey: stretches have no identity but their place
                  hit ? <mark key={index}>{text}</mark> : <span key={index}>{text}</span>,
                )}
              </p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
