//! Clients that hold connections and send nothing: nginx with the guide's site ends them in time, and the server itself
//! survives running out of descriptors.

use std::{
    fs,
    io::{ErrorKind, Read, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpStream},
    sync::Arc,
    time::{Duration, Instant},
};

use rocket::tokio::{net::TcpSocket, runtime::Runtime};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject as _},
};

use crate::{
    browser::Browser,
    guides::block,
    nginx::{HOST, Nginx},
    program::{PATIENCE, until},
    site::{Server, Site, on_sqlite},
};

/// The address that the slow clients are at.
const CROWD: Ipv4Addr = Ipv4Addr::new(127, 7, 0, 1);
/// Someone else's.
const SOMEBODY: Ipv4Addr = Ipv4Addr::new(127, 7, 0, 2);
/// How many connections of an address the guide's site serves at the same time.
const LIMIT: usize = 200;

/// What each of them sends before it waits, and whether nginx then answers before it ends the connection.
const SLOW: [(&str, &str, bool); 4] = [
    ("silent", "", false),
    ("half a header", "GET /login HTTP/1.1\r\nHost: example.org\r\nX-", true),
    ("no body", "GET /login HTTP/1.1\r\nHost: example.org\r\nContent-Length: 100\r\n\r\n", true),
    ("half a body", "POST /login HTTP/1.1\r\nHost: example.org\r\nContent-Length: 100\r\n\r\nusername=anna", true),
];

type Tls = StreamOwned<ClientConnection, TcpStream>;

/// nginx in front of a site, with the guide's configuration.
struct Outside {
    nginx: Nginx,
    tls: Arc<ClientConfig>,
}

impl Outside {
    fn of(site: &mut Site) -> Self {
        Self::with(site.browser().address(), &[])
    }

    /// In front of this server, with these changes of the guide's site.
    fn with(server: &str, changes: &[(&str, &str)]) -> Self {
        let to_server = ("127.0.0.1:8000", server);
        let changes = changes.iter().chain([&to_server]).map(|(from, to)| (*from, (*to).to_owned()));
        let changes: Vec<_> = changes.collect();
        let nginx = Nginx::start(block("# /etc/nginx/sites-available/curfew"), &changes);
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_slice(&nginx.certificate).expect("a certificate")).expect("a root");
        let tls = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let tls = tls.with_safe_default_protocol_versions().expect("TLS").with_root_certificates(roots);
        Self { nginx, tls: Arc::new(tls.with_no_client_auth()) }
    }

    /// A connection without TLS yet.
    fn connect(&self, from: Ipv4Addr) -> TcpStream {
        let runtime = Runtime::new().expect("a runtime");
        let connection = runtime.block_on(async {
            let socket = TcpSocket::new_v4().expect("a socket");
            socket.bind(SocketAddr::from((from, 0))).expect("the whole network is this machine");
            socket.connect(self.nginx.address).await.expect("nginx listens").into_std().expect("a connection")
        });
        connection.set_nonblocking(false).expect("a connection");
        connection.set_read_timeout(Some(PATIENCE)).expect("a time limit");
        connection
    }

    /// A connection over which this was sent.
    fn send(&self, from: Ipv4Addr, text: &str) -> Tls {
        let name = ServerName::try_from(HOST).expect("a name");
        let client = ClientConnection::new(Arc::clone(&self.tls), name).expect("TLS");
        let mut connection = StreamOwned::new(client, self.connect(from));
        connection.flush().expect("the handshake"); // also if there is nothing to send
        connection.write_all(text.as_bytes()).expect("nginx reads");
        connection.flush().expect("nginx reads");
        connection
    }

    /// Somebody else opens a page.
    #[track_caller]
    fn must_serve(&self, from: Ipv4Addr) {
        let mut connection = self.send(from, "GET /login HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
        assert_eq!(status(&read_to_end(&mut connection)), Some(200));
    }
}

/// Reads until the connection ends, which must happen in time.
#[track_caller]
fn read_to_end(connection: &mut impl Read) -> String {
    let (mut text, mut bytes) = (Vec::new(), [0; 4096]);
    loop {
        match connection.read(&mut bytes) {
            Ok(0) => break,
            Ok(read) => text.extend_from_slice(&bytes[..read]),
            // nginx ends a connection without a word of TLS, or while bytes are underway.
            Err(error) if matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => break,
            Err(error) => panic!("the connection does not end: {error}"),
        }
    }
    String::from_utf8_lossy(&text).into_owned()
}

fn status(text: &str) -> Option<u16> {
    text.strip_prefix("HTTP/1.1 ").and_then(|rest| rest[..3].parse().ok())
}

#[test]
fn nginx_ends_slow_clients_and_serves_the_others() {
    on_sqlite(|site| {
        let outside = Outside::of(site);
        let begun = Instant::now();
        let mut silent: Vec<TcpStream> = (0..10).map(|_| outside.connect(CROWD)).collect();
        let mut slow = Vec::new();
        for (kind, sent, is_answered) in SLOW {
            slow.extend((0..10).map(|_| (kind, outside.send(CROWD, sent), is_answered)));
        }
        outside.must_serve(SOMEBODY);
        outside.must_serve(CROWD);
        for connection in &mut silent {
            assert_eq!(read_to_end(connection), "", "without TLS");
        }
        for (kind, connection, is_answered) in &mut slow {
            let answer = status(&read_to_end(connection));
            assert!(answer.is_none_or(|status| *is_answered && status == 408), "{kind}: {answer:?}");
        }
        println!("nginx ended all slow connections {:?} after the first was opened", begun.elapsed());
        outside.must_serve(SOMEBODY);
    });
}

/// How often a dripping client sends a byte, and for how long nginx waits for one here.
const DRIP: Duration = Duration::from_millis(500);
const WAIT: (&str, &str) = ("client_body_timeout 15s", "client_body_timeout 5s");
const DRIPPING: usize = 30;

/// nginx has no limit for a body as a whole. A client that goes on sending is held by it alone: the server is not asked
/// before the body is whole.
#[test]
fn a_body_that_drips_is_held_by_nginx_and_costs_the_server_nothing() {
    on_sqlite(|site| {
        let server = Server::wait_for(site.program(&["serve"]).start());
        let outside = Outside::with(&server.address, &[WAIT]);
        outside.must_serve(SOMEBODY);
        let sockets = || {
            let descriptors = fs::read_dir(format!("/proc/{}/fd", server.running.id())).expect("a running server");
            let links = descriptors.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok());
            links.filter(|link| link.to_string_lossy().starts_with("socket:")).count()
        };
        let before = sockets();
        let post = "POST /login HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\nContent-Length: 20\r\n\r\n";
        let mut dripping: Vec<Tls> = (0..DRIPPING).map(|_| outside.send(CROWD, post)).collect();
        let begun = Instant::now();
        for _ in 0..19 {
            std::thread::sleep(DRIP);
            for connection in &mut dripping {
                connection.write_all(b"a").expect("nginx reads on");
                connection.flush().expect("nginx reads on");
            }
        }
        println!("{DRIPPING} bodies have dripped for {:?}, and nginx waits 5 s for the next byte", begun.elapsed());
        assert!(sockets() <= before + 5, "{before} and then {}", sockets());
        outside.must_serve(SOMEBODY);
        outside.must_serve(CROWD);
        // One of them sends the rest, and the others stop.
        let mut whole = dripping.remove(0);
        whole.write_all(b"a").expect("nginx reads on");
        whole.flush().expect("nginx reads on");
        assert_eq!(status(&read_to_end(&mut whole)), Some(403), "a form without a token");
        for connection in &mut dripping {
            let answer = status(&read_to_end(connection));
            assert!(answer.is_none_or(|status| status == 408), "{answer:?}");
        }
        assert!(server.stop().status.success());
    });
}

#[test]
fn one_address_holds_only_so_many_requests_and_keeps_nobody_else_out() {
    on_sqlite(|site| {
        let outside = Outside::of(site);
        let (.., late_body, _) = SLOW[3];
        let mut held: Vec<Tls> = (0..LIMIT).map(|_| outside.send(CROWD, late_body)).collect();
        // nginx counts a request once it has read the header.
        let mut refused = 0;
        until("the address has as many as it may", || {
            let mut more = outside.send(CROWD, "GET /login HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
            refused += 1;
            status(&read_to_end(&mut more)) == Some(503)
        });
        println!("refused at try {refused}");
        outside.must_serve(SOMEBODY);
        drop(held.split_off(LIMIT / 2));
        until("the address may ask again", || {
            let mut more = outside.send(CROWD, "GET /login HTTP/1.1\r\nHost: example.org\r\nConnection: close\r\n\r\n");
            status(&read_to_end(&mut more)) == Some(200)
        });
    });
}

/// How many descriptors the server may have, and how many connections are enough to use them up.
const DESCRIPTORS: u32 = 100;
const MORE_CONNECTIONS: usize = 150;

#[test]
fn a_server_without_descriptors_waits_and_then_answers_again() {
    on_sqlite(|site| {
        let server = Server::wait_for(site.program(&["serve"]).with_at_most(DESCRIPTORS).start());
        let descriptors = format!("/proc/{}/fd", server.running.id());
        let used = || fs::read_dir(&descriptors).map_or(0, Iterator::count);
        let crowd: Vec<TcpStream> = (0..MORE_CONNECTIONS)
            .map(|_| TcpStream::connect(&server.address).expect("the system completes the connection"))
            .collect();
        until("all descriptors are in use", || used() >= DESCRIPTORS as usize);
        let mut visitor = Browser::new(&server.address);
        let waiting = visitor.asks("/readyz");

        // A loop of errors would need a core of its own.
        let (before, begun) = (cpu_time(&server), Instant::now());
        std::thread::sleep(Duration::from_secs(2));
        let (spent, waited) = (cpu_time(&server).saturating_sub(before), begun.elapsed());
        assert!(spent < waited / 2, "{spent:?} of work in {waited:?} of waiting");

        drop(crowd);
        assert_eq!(visitor.reads_response(waiting).status, 200, "the request that waited");
        assert_eq!(visitor.get("/readyz").status, 200);
        until("the descriptors are free", || used() < DESCRIPTORS as usize / 2);
        let outcome = server.stop();
        assert!(outcome.status.success() && outcome.err.lines().count() < 20, "{outcome:?}");
    });
}

/// The processor time that the server has used.
fn cpu_time(server: &Server) -> Duration {
    let stat = fs::read_to_string(format!("/proc/{}/stat", server.running.id())).expect("a running server");
    let (_, rest) = stat.rsplit_once(") ").expect("the name of the program");
    let ticks = |at: usize| rest.split(' ').nth(at).and_then(|ticks| ticks.parse::<u64>().ok()).expect("ticks");
    // A tick of this table is a hundredth of a second everywhere. The numbers begin with the third column.
    Duration::from_millis(10 * (ticks(11) + ticks(12)))
}
