import { Link } from '@tanstack/react-router';
import { Empty } from '../ui/Notice';

export function NotFound() {
  return (
    <main className="alone">
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
    </main>
  );
}
