-- Letters, from the act that they report until some days after they were sent, and the links in them.
-- The other folder has the same tables for Postgres; a test compares the two.

CREATE TABLE curfew_letters (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    user_id INTEGER, -- NULL: a request for this address; the account is looked up when the letter is sent
    address TEXT NOT NULL, -- the recipient; empty once the account is deleted
    address_key TEXT NOT NULL, -- as in curfew_login_names; a hash once the account is deleted
    origin TEXT, -- of the request, for links of a site without base_url
    details TEXT NOT NULL, -- JSON without secrets
    times INTEGER NOT NULL DEFAULT 1, -- how many logins a letter about new logins reports
    queued_at DATETIME NOT NULL,
    due_at DATETIME, -- when to try next, or when another node may take it over; NULL: never
    state TEXT NOT NULL, -- waiting, sent, failed or dropped
    attempts INTEGER NOT NULL DEFAULT 0, -- with the current one
    sendings INTEGER NOT NULL DEFAULT 0, -- attempts after which the mail server may have the letter
    claimed_by TEXT, -- the node that sends it now
    started_at DATETIME, -- of the last attempt, unless the server has refused it; counts for the limit per hour
    finished_at DATETIME,
    error TEXT, -- of the last attempt: a code, or the answer of the mail server
    link_id INTEGER -- of the first attempt
);

CREATE INDEX curfew_letters_due ON curfew_letters (due_at) WHERE due_at IS NOT NULL;
-- Covers the count of the letters that wait.
CREATE INDEX curfew_letters_waiting ON curfew_letters (queued_at, due_at, attempts) WHERE due_at IS NOT NULL;
CREATE INDEX curfew_letters_by_address ON curfew_letters (address_key, kind, started_at);
CREATE INDEX curfew_letters_by_user ON curfew_letters (user_id, kind);
CREATE INDEX curfew_letters_erased ON curfew_letters (started_at) WHERE address = '';
CREATE INDEX curfew_letters_finished ON curfew_letters (finished_at) WHERE finished_at IS NOT NULL;

-- What a link may do, to whom, and since when. The same rule judges it as a login.
CREATE TABLE curfew_links (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    purpose TEXT NOT NULL, -- reset, verify or not-me
    user_id INTEGER NOT NULL,
    address TEXT NOT NULL, -- that the link was sent to
    address_key TEXT NOT NULL, -- as in curfew_login_names
    login_date DATETIME NOT NULL, -- the order among force logouts, as of a login
    issued_at DATETIME NOT NULL, -- by the clock
    used_at DATETIME
);

CREATE INDEX curfew_links_by_user ON curfew_links (user_id, purpose);
CREATE INDEX curfew_links_by_time ON curfew_links (issued_at);
-- Finds who may take an address back.
CREATE INDEX curfew_links_not_me ON curfew_links (address_key) WHERE purpose = 'not-me' AND used_at IS NULL;

-- The hashes of a link's tokens: each attempt to send its letter creates one.
CREATE TABLE curfew_link_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    link_id INTEGER NOT NULL
);

CREATE INDEX curfew_link_tokens_by_link ON curfew_link_tokens (link_id);
