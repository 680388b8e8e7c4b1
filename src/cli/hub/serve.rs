//! `leadbox hub serve`: runs until a signal ends it.

use std::sync::Arc;

use super::args::ServeArgs;
use super::{db_url, hub_dir};
use crate::cli::args::Global;
use crate::cli::failure::{Exit, Failure};
use crate::hub::channels::Sender;
use crate::hub::core::Hub;
use crate::hub::outgoing::Outgoing;
use crate::hub::serve::{Door, serve};
use crate::hub::settings::HubSettings;
use crate::hub::workers::Workers;
use crate::hub::{absence, audit, bridge, clockwork, db, enrich, outbox, sync, tidy};

/// Runs a hub.
pub fn run(args: &ServeArgs, global: &Global) -> Result<(), Failure> {
    tracing_subscriber::fmt()
        .json()
        .with_writer(std::io::stderr)
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LEADBOX_LOG").unwrap_or_else(|_| "leadbox=info,warn".into()),
        )
        .init();
    let tls = args.tls_cert.clone().zip(args.tls_key.clone());
    let door = Door { bind: args.bind, tls, behind_proxy: args.behind_proxy };
    door.check().map_err(|error| Failure::new(Exit::Usage, error))?;
    let settings = HubSettings::load(&hub_dir(global)?)?;
    let outgoing = Outgoing::new(&settings.outgoing).map_err(|why| Failure::because("[outgoing]", why))?;
    let url = db_url(&args.db, global)?;
    let hub = Hub::start(
        db::open(&url, db::Options::default()).map_err(|error| Failure::because("the database", error))?,
        Arc::new(chrono::Utc::now),
    )?;
    hub.keep_anchors(hub_dir(global)?.join(audit::ANCHORS));
    hub.tell_by(settings.channels);
    if !settings.providers.0.is_empty() {
        hub.look_up();
    }
    let bridges = settings.bridges;
    for bridge in &bridges.all {
        // One that cannot be used is better said now than in the log.
        let wrong = |why| Failure::new(Exit::Configuration, format!("[sources.{}]: {why}", bridge.name()));
        bridge.connect().map_err(wrong)?;
    }
    hub.bridge_to(bridges.crms());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let scheme = if door.tls.is_some() { "https" } else { "http" };
    runtime.block_on(async {
        if args.restored {
            hub.write(|work| sync::renew_epoch(work.tx)).await?;
        }
        let mut workers = Workers::of(&hub);
        workers.begin("clock", clockwork::run);
        let calls = outgoing.clone();
        workers.begin("calendars", move |hub| absence::run(hub, calls.clone()));
        workers.begin("anchors", audit::run);
        workers.begin("tidying", tidy::run);
        let (calls, providers) = (outgoing.clone(), settings.providers);
        workers.begin("lookups", move |hub| enrich::worker::run(hub, providers.clone(), calls.clone()));
        let crms = bridges.clone();
        workers.begin("bridges", move |hub| bridge::worker::run(hub, crms.clone()));
        workers.begin("messages", move |hub| outbox::worker::run(hub, Sender::new(outgoing.clone())));
        let ready = |address| tracing::info!(%address, scheme, "serving");
        let served = serve(Arc::clone(&hub), door, ready, signal()).await;
        drop(workers);
        if let Err(error) = bridge::worker::end(&hub, &bridges).await {
            tracing::warn!(%error, "other hubs will ask the CRMs a few minutes later than they could");
        }
        if let Err(error) = audit::anchor(&hub).await {
            tracing::error!(%error, "the log's head was not written down at the end");
        }
        served.map_err(|error| Failure::new(Exit::Failed, error))
    })
}

/// Comes about when somebody asks the hub to end.
async fn signal() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
    tracing::info!("ending");
}
