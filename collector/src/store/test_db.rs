//! A database for one test: a Postgres of its own, with the schema and nothing in it.

use std::{fs, os::unix::fs::PermissionsExt as _};

use sqlx::{PgPool, postgres::PgPoolOptions};
use tempfile::TempDir;

use crate::{
    postgres::Private,
    store::{MIGRATOR, left_open},
};

/// A pool, and what keeps its server running. Keep it until the test has ended.
pub(crate) async fn test_pool() -> (PgPool, Server) {
    let server = tokio::task::spawn_blocking(Server::start).await.unwrap();
    let pool = left_open::closed(PgPoolOptions::new());
    let pool = pool.connect_with(server.postgres.options()).await.unwrap();
    MIGRATOR.run(&pool).await.unwrap();
    (pool, server)
}

/// A running server. Fields are dropped in order: first the server, then its files.
pub(crate) struct Server {
    postgres: Private,
    _folder: TempDir,
}

impl Server {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        // Postgres' account must be able to enter it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let options = ["fsync=off", "full_page_writes=off"].map(String::from);
        let postgres = Private::start(folder.path(), "postgres", &options).unwrap();
        Self {
            postgres,
            _folder: folder,
        }
    }
}
