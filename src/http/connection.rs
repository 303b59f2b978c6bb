//! Who is connected: the caps, and how busy each connection is.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;

use parking_lot::Mutex;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;

/// All open connections.
#[derive(Debug)]
pub(super) struct Connections {
    open: Mutex<HashMap<IpAddr, usize>>,
    total_max: usize,
    per_address_max: usize,
    gauge: Gauge,
}

/// Why a connection is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    Total,
    PerAddress,
}

/// One open connection; the place is free again when the last clone is dropped. An upgraded socket
/// keeps one.
#[derive(Debug)]
pub(super) struct Place {
    connections: Arc<Connections>,
    address: IpAddr,
    activity: Mutex<Activity>,
}

#[derive(Debug)]
struct Activity {
    running: usize,
    since: Instant,
}

/// A request that is being answered; dropped with the last byte of its body.
#[derive(Debug)]
pub(super) struct Running(Arc<Place>);

impl Connections {
    pub(super) fn new(total_max: usize, per_address_max: usize, gauge: Gauge) -> Arc<Self> {
        let open = Mutex::default();
        Arc::new(Self {
            open,
            total_max,
            per_address_max,
            gauge,
        })
    }

    pub(super) fn admit(self: &Arc<Self>, address: IpAddr) -> Result<Arc<Place>, Refusal> {
        let mut open = self.open.lock();
        if open.values().sum::<usize>() >= self.total_max {
            return Err(Refusal::Total);
        }
        let count = open.entry(address).or_default();
        if *count >= self.per_address_max {
            return Err(Refusal::PerAddress);
        }
        *count += 1;
        self.gauge.inc();
        let activity = Activity {
            running: 0,
            since: Instant::now(),
        };
        Ok(Arc::new(Place {
            connections: Arc::clone(self),
            address,
            activity: Mutex::new(activity),
        }))
    }
}

impl Place {
    pub(super) fn begin(self: &Arc<Self>) -> Running {
        self.activity.lock().running += 1;
        Running(Arc::clone(self))
    }

    /// When the last answer ended; `None` while one is under way.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let activity = self.activity.lock();
        (activity.running == 0).then_some(activity.since)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let mut activity = self.0.activity.lock();
        activity.running -= 1;
        activity.since = Instant::now();
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.connections.open.lock();
        if let Some(count) = open.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.address);
            }
        }
        self.connections.gauge.dec();
    }
}
