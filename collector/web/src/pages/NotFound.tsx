import { Link } from '@tanstack/react-router';
import { Empty } from '../ui/Notice';
import { Page } from '../ui/Page';

export function NotFound() {
  return (
    <main className="alone">
      <Page title="Page not found">
        <section className="card">
          <Empty
            title="There is no such page"
            action={
              <Link className="btn" to="/hosts">
                All hosts
              </Link>
            }
          >
            The address may be misspelt, or of another version of the console.
          </Empty>
        </section>
      </Page>
    </main>
  );
}
