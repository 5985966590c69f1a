import { Link } from '@tanstack/react-router';
import { Fragment, type ReactNode } from 'react';
import { DOCUMENTS } from './documents';
import type { Block, Inline } from './markdown';

/** A document's tree as elements: nothing of it is ever read as markup. */
export function Markdown({ blocks }: { blocks: readonly Block[] }) {
  return blocks.map((block, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change
    <Fragment key={index}>{element(block)}</Fragment>
  ));
}

function element(block: Block): ReactNode {
  switch (block.sort) {
    case 'heading':
      return <Heading level={block.level} id={block.id} parts={block.parts} />;
    case 'paragraph':
      return (
        <p>
          <Text parts={block.parts} />
        </p>
      );
    case 'code':
      return (
        <section className="scroll code" aria-label={block.text.split('\n')[0]} tabIndex={0}>
          <pre className="mono">{block.text}</pre>
        </section>
      );
    case 'list': {
      const items = block.items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change
        <li key={index}>
          <Markdown blocks={item} />
        </li>
      ));
      return block.ordered ? <ol>{items}</ol> : <ul>{items}</ul>;
    }
    case 'table':
      return <Table head={block.head} rows={block.rows} />;
  }
}

function Heading({ level, id, parts }: { level: number; id: string; parts: Inline[] }) {
  // The page's own title is the first level.
  if (level === 1) return null;
  const content = <Text parts={parts} />;
  if (level === 2) return <h2 id={id}>{content}</h2>;
  return level === 3 ? <h3 id={id}>{content}</h3> : <h4 id={id}>{content}</h4>;
}

function Table({ head, rows }: { head: Inline[][]; rows: Inline[][][] }) {
  return (
    <section
      className="scroll"
      aria-label={head.map((cell) => cell.map(label).join('')).join(', ')}
      tabIndex={0}
    >
      <table className="plain top-cells">
        <thead>
          <tr>
            {head.map((cell, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change
              <th key={index}>
                <Text parts={cell} />
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change
            <tr key={at}>
              {row.map((cell, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change
                <td key={index}>
                  <Text parts={cell} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const label = (part: Inline): string => ('text' in part ? part.text : part.parts.map(label).join(''));

function Text({ parts }: { parts: readonly Inline[] }) {
  return parts.map((part, index) => (
    // biome-ignore lint/suspicious/noArrayIndexKey: a document does not change
    <Fragment key={index}>{word(part)}</Fragment>
  ));
}

function word(part: Inline): ReactNode {
  switch (part.sort) {
    case 'text':
      return part.text;
    case 'code':
      return <code>{part.text}</code>;
    case 'strong':
      return (
        <strong>
          <Text parts={part.parts} />
        </strong>
      );
    case 'em':
      return (
        <em>
          <Text parts={part.parts} />
        </em>
      );
    case 'link':
      return <Reference to={part.to} parts={part.parts} />;
  }
}

/** To another document, to another site, or to a file that is not here: that one is named only. */
function Reference({ to, parts }: { to: string; parts: Inline[] }) {
  const content = <Text parts={parts} />;
  const [, name, hash] = /^([a-z-]*)(?:\.md)?(?:#(.*))?$/.exec(to) ?? [];
  if (to.startsWith('#') || DOCUMENTS.some((document) => document.name === name))
    return (
      <Link to="/help" search={(old) => ({ ...old, page: name || old.page, q: undefined })} hash={hash}>
        {content}
      </Link>
    );
  if (/^https:\/\//.test(to))
    return (
      <a href={to} target="_blank" rel="noreferrer">
        {content}
      </a>
    );
  return content;
}
