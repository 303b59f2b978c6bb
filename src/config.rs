//! The configuration: one struct, read once. Defaults, then a TOML file, then `LINCHPIN_*`
//! variables, then flags; a later layer wins. What is not known is refused, never ignored.

pub mod load;
pub mod setting;
pub mod token;

use std::net::SocketAddr;
use std::path::PathBuf;

pub use load::{Effective, Environment, Origin};
pub use setting::{ConfigError, LogFormat, Millis, Optional, Setting, Words};
pub use token::Token;

use setting::settings;

settings! {
    /// Sockets, timeouts and who may ask.
    server: ServerConfig {
        /// The address to listen on; anything but a loopback address needs a token.
        listen: SocketAddr = "127.0.0.1:8080";
        /// A file that holds the admin token.
        token_file: Optional<PathBuf> = "";
        /// Host names besides the loopback ones under which requests are answered without a token.
        hosts: Words = "";
        /// Origins besides our own from which pages may call, such as `https://cmdb.example.org`.
        origins: Words = "";
        /// Open connections; the default leaves room under the usual 1,024 open files.
        connections_max: usize = "900", 1..=1_000_000;
        /// Open connections from one address.
        connections_per_address_max: usize = "700", 1..=1_000_000;
        /// Time to send the headers of a request, and to begin one on a new connection.
        header_timeout_ms: Millis = "15000", 10..=600_000;
        /// Time to send the body of a GraphQL request.
        body_timeout_ms: Millis = "60000", 10..=3_600_000;
        /// Time within which a client must take some of an answer.
        write_timeout_ms: Millis = "30000", 10..=3_600_000;
        /// Time a connection may stay open with nothing asked.
        idle_timeout_ms: Millis = "60000", 10..=3_600_000;
        /// Time that running requests get when the server stops.
        shutdown_timeout_ms: Millis = "10000", 0..=3_600_000;
    }
    /// What one request may ask for.
    limits: LimitsConfig {
        /// Body of a GraphQL request after decompression, in bytes.
        body_bytes_max: usize = "1048576", 1_024..=268_435_456;
        /// Text of a GraphQL document, in bytes.
        document_bytes_max: usize = "32768", 256..=10_485_760;
        /// Tokens of a document.
        document_tokens_max: usize = "2000", 50..=1_000_000;
        /// Depth of brackets in a document.
        document_nesting_max: usize = "40", 4..=60;
        /// Directives in a document.
        document_directives_max: usize = "50", 0..=10_000;
        /// Fragments in a document.
        document_fragments_max: usize = "100", 0..=10_000;
        /// Operations in a document.
        document_operations_max: usize = "10", 1..=1_000;
        /// Selections of a document once its fragments are expanded.
        document_selections_max: usize = "2000", 10..=1_000_000;
        /// Aliases of a document once its fragments are expanded.
        document_aliases_max: usize = "200", 0..=1_000_000;
        /// Depth of fields once fragments are expanded; introspection needs 13.
        document_depth_max: usize = "16", 2..=30;
        /// Summed cost of the fields of a document.
        complexity_max: usize = "250000", 100..=1_000_000_000;
        /// Items of one page.
        page_size_max: usize = "1000", 1..=100_000;
        /// Body of a GraphQL answer, in bytes.
        response_bytes_max: usize = "16777216", 4_096..=1_073_741_824;
        /// Errors in one answer.
        errors_max: usize = "20", 1..=1_000;
        /// Time one GraphQL operation may take.
        operation_timeout_ms: Millis = "30000", 10..=3_600_000;
        /// Links and other steps that one question may take through the estate; the default is ten walks over
        /// an estate of a million CIs.
        question_steps_max: u64 = "50000000", 1_000..=1_000_000_000_000;
        /// Time that one question may take, and wait before it is begun.
        question_timeout_ms: Millis = "10000", 10..=3_600_000;
        /// Time for `connection_init` on a WebSocket.
        socket_init_timeout_ms: Millis = "10000", 10..=600_000;
        /// Time between pings on a WebSocket or event stream.
        socket_ping_interval_ms: Millis = "15000", 10..=600_000;
        /// Subscriptions of one WebSocket.
        socket_subscriptions_max: usize = "100", 1..=10_000;
        /// Message of a WebSocket client, in bytes.
        socket_message_bytes_max: usize = "65536", 1_024..=16_777_216;
        /// Answers that may wait for one WebSocket client before it is disconnected.
        socket_queue_max: usize = "256", 1..=100_000;
    }
    /// Where the estate is kept.
    store: StoreConfig {
        /// The folder of the store.
        data: PathBuf = "./linchpin-data";
        /// Time between checkpoints.
        checkpoint_interval_ms: Millis = "30000", 100..=86_400_000;
        /// Journal entries after which a checkpoint is written.
        checkpoint_entries_max: usize = "10000", 1..=100_000_000;
    }
    /// Bulk ingest.
    ingest: IngestConfig {
        /// Body of one push after decompression, in bytes.
        body_bytes_max: u64 = "68719476736", 1_024..=1_099_511_627_776;
        /// One line, in bytes.
        line_bytes_max: usize = "1048576", 1_024..=67_108_864;
        /// One document of a format that is read as a whole, in bytes.
        document_bytes_max: usize = "67108864", 1_024..=4_294_967_296;
        /// Time within which some of the body must arrive.
        progress_timeout_ms: Millis = "30000", 10..=3_600_000;
        /// Slowest upload, in bytes a second, measured while the server waits.
        rate_bytes_per_second_min: u64 = "64", 0..=1_000_000_000;
        /// Items that are planned and committed together in PARTIAL mode.
        batch_items_max: usize = "1000", 1..=100_000;
        /// Items of one ATOMIC push.
        atomic_items_max: usize = "200000", 1..=10_000_000;
        /// Problems that one report lists.
        problems_max: usize = "1000", 1..=1_000_000;
    }
    /// Logging.
    log: LogConfig {
        /// What is logged, as `level` or `target=level,...`.
        filter: String = "info";
        /// `text` for people, `json` for machines.
        format: LogFormat = "text";
    }
}

#[cfg(test)]
mod tests;
