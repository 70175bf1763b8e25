//! `curfew mail test`

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    thread,
};

use crate::site::on_sqlite;

const TO: [&str; 3] = ["mail", "test", "ana@example.org"];

#[test]
fn a_test_letter_goes_into_the_folder_without_a_mail_server() {
    on_sqlite(|site| {
        let said = site.run(&TO).done();
        let path = said.trim_end().strip_prefix("The letter to ana@example.org is in ").expect("a path");
        let path = path.strip_suffix('.').expect("a sentence");
        assert_eq!(fs::metadata(path).expect("the file").permissions().mode() & 0o777, 0o600);
        let folder = site.database.folder.path().join("mail");
        assert_eq!(fs::metadata(&folder).expect("the folder").permissions().mode() & 0o777, 0o700);
        let letter = fs::read_to_string(path).expect("the letter");
        for line in ["To: ana@example.org\r\n", "Subject: Test letter from Curfew\r\n", "X-Curfew-Letter: test\r\n"] {
            assert!(letter.contains(line), "{letter}");
        }
        fs::write(folder.join("file"), "").expect("a file");
        let refusal = site.program(&TO).set("CURFEW_MAIL_FOLDER", folder.join("file")).run().refused();
        assert!(refusal.starts_with("ana@example.org: ") || refusal.contains("ana@example.org"), "{refusal}");
        assert!(refusal.contains("mail/file"), "{refusal}");
    });
}

#[test]
fn a_site_at_any_host_has_a_sender() {
    on_sqlite(|site| {
        for (base_url, sender) in [
            ("http://127.0.0.1:8000", "accounts@localhost"),
            ("http://[::1]:8000", "accounts@localhost"),
            ("http://192.0.2.7", "accounts@localhost"),
            ("https://riverside.example", "accounts@riverside.example"),
        ] {
            let said = site.program(&TO).set("CURFEW_BASE_URL", base_url).run().done();
            let path = said.trim_end().strip_prefix("The letter to ana@example.org is in ").expect("a path");
            let letter = fs::read_to_string(path.trim_end_matches('.')).expect("the letter");
            assert!(letter.contains(&format!("From: Curfew <{sender}>\r\n")), "{base_url}: {letter}");
        }
    });
}

/// A mail server for one connection that answers each line with the next of these.
fn mail_server(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let mut lines = BufReader::new(stream.try_clone().expect("the stream")).lines();
        for answer in answers {
            let _ = stream.write_all(format!("{answer}\r\n").as_bytes());
            // The letter ends with a single dot.
            let mut line = lines.next();
            while answer.starts_with("354") && !matches!(&line, Some(Ok(text)) if text == "." ) && line.is_some() {
                line = lines.next();
            }
        }
    });
    format!("smtp://127.0.0.1:{port}?tls=none")
}

#[test]
fn a_test_letter_says_what_the_mail_server_answers() {
    on_sqlite(|site| {
        let run = |answers| {
            let program = site.program(&TO).set("SMTP_URL", mail_server(answers));
            program.set("CURFEW_BASE_URL", "https://riverside.example").run()
        };
        let taken = run(&["220 hello", "250 hello", "250 ok", "250 ok", "354 go on", "250 taken", "221 bye"]);
        assert_eq!(taken.done(), "The mail server has taken the letter to ana@example.org.\n");
        for (answers, words) in [
            (&["220 hello", "250 hello", "550 5.7.1 not this sender", "221 bye"][..], "550 5.7.1 not this sender"),
            (&["220 hello", "250 hello", "250 ok", "550 5.1.1 nobody", "250 ok", "221 bye"], "550 5.1.1 nobody"),
            (
                &["220 hello", "250 hello", "250 ok", "250 ok", "354 go on", "451 \u{1b}[31mlater"],
                "451 \\u{1b}[31mlater",
            ),
            (&["554 go away"], "554 go away"),
        ] {
            let refusal = run(answers).refused();
            assert!(refusal.contains(words) && refusal.contains("127.0.0.1"), "{refusal}");
        }
    });
}

#[test]
fn a_mail_server_needs_the_address_of_the_site() {
    on_sqlite(|site| {
        for command in [&TO[..], &["serve"]] {
            let program = site.program(command).set("SMTP_URL", "smtps://ana:tangerine@mail.example");
            let refusal = program.run().refused();
            assert!(refusal.contains("base_url is missing") && !refusal.contains("tangerine"), "{refusal}");
        }
        let program = site.program(&TO).set("SMTP_URL", "smtp://ana:tangerine@mail.example");
        let refusal = program.run().refused();
        assert!(refusal.contains("SMTP_URL") && !refusal.contains("tangerine"), "{refusal}");
    });
}
