import { type ReactNode, useEffect } from 'react';

type Props = {
  title: string;
  /** Under the title: what the page counts, or the object's state. */
  sub?: ReactNode;
  actions?: ReactNode;
  /** The page is as high as the window, and its content scrolls in itself. */
  fill?: boolean;
  children: ReactNode;
};

/** A page's frame: its name, once, in the heading and in the window's title. */
export function Page({ title, sub, actions, fill, children }: Props) {
  useEffect(() => {
    document.title = `${title} · OpenWatch`;
  }, [title]);
  return (
    <div className={fill ? 'page fill' : 'page'}>
      <div className="head">
        <div className="grow">
          <h1>{title}</h1>
          {sub && <div className="sub">{sub}</div>}
        </div>
        {actions && <div className="actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}
