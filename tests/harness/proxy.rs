//! A TCP proxy that can fall silent: it then delivers nothing and keeps every connection open, as if the machine
//! behind it were frozen.

use std::{net::SocketAddr, sync::Arc};

use rocket::tokio::{
    self,
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// The proxy; it stops when dropped.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    is_silent: Arc<watch::Sender<bool>>,
}

impl Proxy {
    /// Starts a proxy to the server at `HOST:PORT`.
    pub async fn to(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let (is_silent, silence) = watch::channel(false);
        let server = server.to_owned();
        tokio::spawn(async move {
            let mut tasks = tokio::task::JoinSet::new();
            let mut dropped = silence.clone();
            loop {
                tokio::select! {
                    Ok((near, _)) = listener.accept() => {
                        let (near_in, near_out) = near.into_split();
                        let far = TcpStream::connect(&server).await.expect("the server listens");
                        let (far_in, far_out) = far.into_split();
                        tasks.spawn(carry(near_in, far_out, silence.clone()));
                        tasks.spawn(carry(far_in, near_out, silence.clone()));
                    }
                    () = gone(&mut dropped) => break,
                }
            }
        });
        Self { address, is_silent: Arc::new(is_silent) }
    }

    /// Starts a proxy to a database server and rewrites the URL to use it.
    pub async fn before(url: &mut String) -> Self {
        let (scheme, rest) = url.split_once('@').expect("a user in the address");
        let (server, name) = rest.split_once('/').expect("a database in the address");
        let proxy = Self::to(server).await;
        *url = format!("{scheme}@{}/{name}", proxy.address);
        proxy
    }

    /// Stops forwarding and keeps every connection open.
    pub fn falls_silent(&self) {
        self.is_silent.send_replace(true);
    }

    /// Forwards again, starting with what was held back.
    pub fn speaks_again(&self) {
        self.is_silent.send_replace(false);
    }
}

/// Waits until the proxy is dropped.
async fn gone(silence: &mut watch::Receiver<bool>) {
    while silence.changed().await.is_ok() {}
}

async fn carry(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut silence: watch::Receiver<bool>) {
    let mut buffer = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        if silence.wait_for(|is_silent| !is_silent).await.is_err() || to.write_all(&buffer[..read]).await.is_err() {
            break;
        }
    }
}
