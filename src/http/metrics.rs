//! Figures for Prometheus.

use std::fmt;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};

/// The type of what [`Metrics::render`] writes.
pub(super) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    route: String,
    method: String,
    status: u16,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RouteLabels {
    route: String,
}

/// Whom a figure is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct SourceLabels {
    /// The source's name.
    pub source: String,
    /// Its feed; empty: none is named.
    pub feed: String,
    /// Its scope; empty: none is named.
    pub scope: String,
}

/// All figures. Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Metrics {
    registry: Arc<Mutex<Registry>>,
    requests: Family<RequestLabels, Counter>,
    duration: Family<RouteLabels, Histogram, fn() -> Histogram>,
    pub(super) connections: Gauge,
    pub(super) connections_refused: Counter,
}

/// A figure that is read when it is asked for.
struct Reading {
    name: &'static str,
    help: &'static str,
    read: Box<dyn Fn() -> i64 + Send + Sync>,
}

/// A figure of every source that is read when it is asked for.
struct SourceReading {
    name: &'static str,
    help: &'static str,
    read: Box<dyn Fn() -> Vec<(SourceLabels, i64)> + Send + Sync>,
}

impl Metrics {
    /// The figures of HTTP; others are added with [`Metrics::gauge`].
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("linchpin");
        let requests = Family::default();
        let duration = Family::new_with_constructor(latency as fn() -> Histogram);
        let connections = Gauge::default();
        let connections_refused = Counter::default();
        registry.register("http_requests", "Requests answered", requests.clone());
        let help = "Time until the head of the answer";
        registry.register_with_unit("http_request_duration", help, Unit::Seconds, duration.clone());
        registry.register("http_connections", "Open connections", connections.clone());
        let help = "Connections refused because there were too many";
        registry.register("http_connections_refused", help, connections_refused.clone());
        Self {
            registry: Arc::new(Mutex::new(registry)),
            requests,
            duration,
            connections,
            connections_refused,
        }
    }

    /// Adds a figure of another layer, read at each scrape: it must be quick and must not block.
    pub fn gauge(&self, name: &'static str, help: &'static str, read: impl Fn() -> i64 + Send + Sync + 'static) {
        let read = Box::new(read);
        self.registry
            .lock()
            .register_collector(Box::new(Reading { name, help, read }));
    }

    /// Adds a figure of every source, read at each scrape: it must be quick and must not block.
    pub fn gauge_of_sources(
        &self,
        name: &'static str,
        help: &'static str,
        read: impl Fn() -> Vec<(SourceLabels, i64)> + Send + Sync + 'static,
    ) {
        let read = Box::new(read);
        self.registry
            .lock()
            .register_collector(Box::new(SourceReading { name, help, read }));
    }

    pub(super) fn answered(&self, route: &str, method: &str, status: u16, seconds: f64) {
        let route = route.to_owned();
        let labels = RouteLabels { route: route.clone() };
        self.duration.get_or_create(&labels).observe(seconds);
        let method = method.to_owned();
        self.requests
            .get_or_create(&RequestLabels { route, method, status })
            .inc();
    }

    /// All figures, in the text format of `OpenMetrics`.
    pub fn render(&self) -> String {
        let mut out = String::new();
        text::encode(&mut out, &self.registry.lock()).expect("writing to a string cannot fail");
        out
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

/// 0.1 ms to 30 s.
fn latency() -> Histogram {
    Histogram::new([0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0])
}

impl fmt::Debug for Reading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reading")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Collector for Reading {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let gauge = ConstGauge::new((self.read)());
        let target = encoder.encode_descriptor(self.name, self.help, None, gauge.metric_type())?;
        gauge.encode(target)
    }
}

impl fmt::Debug for SourceReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SourceReading")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Collector for SourceReading {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let values = (self.read)();
        let kind = ConstGauge::new(0i64).metric_type();
        let mut target = encoder.encode_descriptor(self.name, self.help, None, kind)?;
        for (labels, value) in values {
            ConstGauge::new(value).encode(target.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
