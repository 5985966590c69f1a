//! Cron's and anacron's tables: whoever may run `crontab`.
#![no_main]

use agent::probe::timer::crontab::{Table, entries};

libfuzzer_sys::fuzz_target!(|text: &str| {
    for table in [Table::System, Table::User("user"), Table::Anacron] {
        entries(text, table);
    }
});
