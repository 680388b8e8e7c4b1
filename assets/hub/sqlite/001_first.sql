-- The hub's database, version 1, in SQLite. The tables of assets/hub/postgres/001_first.sql are the same. Times are whole
-- milliseconds since 1970, UTC; flags are 0 or 1. Numbers are never used again, hence AUTOINCREMENT.

CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The log's last entry. Whoever writes holds this row: that makes the log's numbers gapless and in commit order.
CREATE TABLE head (
    one INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    n INTEGER NOT NULL CHECK (n >= 0),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    -- Moves on with what is known of people and their calendars: by it, whoever remembers them knows whether it is so still.
    people INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO head (one, n, hash) VALUES (1, 0, zeroblob(32));

-- Every change, chained (src/hub/log.rs). It only grows.
CREATE TABLE log (
    n INTEGER NOT NULL PRIMARY KEY,
    lead INTEGER,
    seq INTEGER, -- the lead's events, from 1, without gaps
    id BLOB NOT NULL CHECK (length(id) = 16),
    at INTEGER NOT NULL, -- when it happened
    received_at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    closes TEXT,
    basis TEXT, -- version of the policy, and what it decided upon (R124)
    prev BLOB NOT NULL CHECK (length(prev) = 32),
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    CHECK ((lead IS NULL) = (seq IS NULL))
) STRICT;
CREATE UNIQUE INDEX log_id ON log (id);
CREATE UNIQUE INDEX log_seq ON log (lead, seq) WHERE lead IS NOT NULL;
CREATE INDEX log_lead ON log (lead, n) WHERE lead IS NOT NULL;
CREATE TRIGGER log_stands BEFORE UPDATE ON log BEGIN SELECT RAISE(ABORT, 'the log is never edited'); END;
CREATE TRIGGER log_stays BEFORE DELETE ON log BEGIN SELECT RAISE(ABORT, 'nothing is deleted from the log'); END;

CREATE TABLE policy (
    version INTEGER NOT NULL PRIMARY KEY,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    by_whom TEXT NOT NULL,
    toml TEXT NOT NULL
) STRICT;

CREATE TABLE team (
    name TEXT NOT NULL PRIMARY KEY,
    manager TEXT,
    attrs TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    email TEXT,
    role TEXT NOT NULL,
    team TEXT,
    is_active INTEGER NOT NULL CHECK (is_active IN (0, 1)),
    is_paused INTEGER NOT NULL CHECK (is_paused IN (0, 1)),
    paused_why TEXT,
    attrs TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The calendars by which people are away or busy. The address may be a secret; of the contents only times are kept.
CREATE TABLE feed (
    person TEXT NOT NULL,
    place TEXT NOT NULL,
    kind TEXT NOT NULL,
    next_at INTEGER NOT NULL, -- when it is read again
    read_at INTEGER, -- when it was last read well
    times TEXT NOT NULL, -- what it said then
    failed TEXT, -- why it could not be read since
    PRIMARY KEY (person, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed_next ON feed (next_at);

-- The token itself is nowhere (row 34 of the programme): only its SHA-256.
CREATE TABLE token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    hash BLOB NOT NULL,
    person TEXT NOT NULL,
    label TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER
) STRICT;
CREATE UNIQUE INDEX token_hash ON token (hash);
CREATE INDEX token_person ON token (person);

CREATE TABLE intake_source (
    name TEXT NOT NULL PRIMARY KEY,
    secret TEXT,
    attrs TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE nonce (
    source TEXT NOT NULL,
    nonce TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (source, nonce)
) STRICT, WITHOUT ROWID;
CREATE INDEX nonce_expires ON nonce (expires_at);

CREATE TABLE received (
    source TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    response TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (source, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX received_at ON received (at);

CREATE TABLE lead (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    record TEXT NOT NULL,
    handoff TEXT NOT NULL,
    stage TEXT NOT NULL,
    owner TEXT,
    team TEXT,
    queue TEXT,
    version INTEGER NOT NULL, -- the number in the log of its last change
    wake_at INTEGER,
    -- Kept for the team's board (src/hub/board): since when it waits for a person, what runs out next and when, and from
    -- when on nobody has done anything with it for too long. Nothing of this for a lead that is at rest.
    waits_since INTEGER,
    due_at INTEGER,
    due_what TEXT,
    idle_at INTEGER,
    email_key TEXT,
    person_key TEXT,
    company_key TEXT,
    merged_into INTEGER,
    facts TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX lead_key ON lead (source, external_id);
CREATE INDEX lead_owner ON lead (owner, version) WHERE owner IS NOT NULL;
CREATE INDEX lead_team ON lead (team, version) WHERE team IS NOT NULL;
CREATE INDEX lead_queue ON lead (queue, waits_since, id) WHERE queue IS NOT NULL;
CREATE INDEX lead_version ON lead (version);
CREATE INDEX lead_wake ON lead (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX lead_email ON lead (email_key) WHERE email_key IS NOT NULL;
CREATE INDEX lead_person ON lead (person_key) WHERE person_key IS NOT NULL;
CREATE INDEX lead_company ON lead (company_key) WHERE company_key IS NOT NULL;
CREATE INDEX lead_stage ON lead (stage, team, waits_since);
CREATE INDEX lead_due ON lead (owner, due_at, id) WHERE due_at IS NOT NULL;
CREATE INDEX lead_waits ON lead (owner, waits_since) WHERE waits_since IS NOT NULL;
CREATE INDEX lead_idle ON lead (team, idle_at, id) WHERE idle_at IS NOT NULL;

CREATE TABLE activity (
    lead INTEGER NOT NULL,
    external_id TEXT NOT NULL,
    at INTEGER,
    kind TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (lead, external_id)
) STRICT, WITHOUT ROWID;

-- The lead left this person's view with entry n of the log.
CREATE TABLE departure (
    person TEXT NOT NULL,
    lead INTEGER NOT NULL,
    n INTEGER NOT NULL,
    at INTEGER NOT NULL,
    why TEXT NOT NULL,
    PRIMARY KEY (person, lead)
) STRICT, WITHOUT ROWID;
CREATE INDEX departure_n ON departure (person, n);
CREATE INDEX departure_age ON departure (n);

-- What was asked with this id was done, and answered so.
CREATE TABLE op (
    id BLOB NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    person TEXT NOT NULL,
    body_hash BLOB NOT NULL,
    response TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX op_at ON op (at);

-- What everybody has in hand. Kept, not counted: every lead that is routed asks for it.
CREATE TABLE load (
    person TEXT NOT NULL PRIMARY KEY,
    open_leads INTEGER NOT NULL,
    day TEXT, -- the day of the last assignment
    given INTEGER NOT NULL, -- the leads given on that day
    last_at INTEGER,
    answers TEXT, -- how fast they answered their last leads (src/hub/acknowledged.rs)
    median_ack INTEGER, -- the median of these, in seconds
    answers_until INTEGER -- when the oldest of these counts no more
) STRICT, WITHOUT ROWID;

CREATE TABLE incident (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lead INTEGER NOT NULL,
    at INTEGER NOT NULL,
    cause TEXT NOT NULL,
    clock TEXT NOT NULL,
    window_no INTEGER NOT NULL,
    team TEXT, -- whose it was then
    body TEXT NOT NULL
) STRICT;
CREATE INDEX incident_lead ON incident (lead);
CREATE INDEX incident_at ON incident (at, id);
CREATE INDEX incident_team ON incident (team, at, id);

CREATE TABLE alert (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    lead INTEGER,
    recipient TEXT NOT NULL,
    category TEXT NOT NULL,
    body TEXT NOT NULL,
    at INTEGER NOT NULL,
    seen_at INTEGER
) STRICT;
CREATE INDEX alert_recipient ON alert (recipient, id);
CREATE INDEX alert_lead ON alert (lead) WHERE lead IS NOT NULL;

-- What is to go out, to whom and by which channel (src/hub/outbox). One without a recipient is for the lead.
CREATE TABLE delivery (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alert INTEGER,
    lead INTEGER NOT NULL,
    what TEXT NOT NULL,
    recipient TEXT,
    channel TEXT NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 16), -- the same each time it is sent
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER NOT NULL, -- then it is given up
    released_at INTEGER, -- when it was let go
    next_at INTEGER, -- the next try; nothing once it is decided
    last_error TEXT
) STRICT;
CREATE INDEX delivery_alert ON delivery (alert) WHERE alert IS NOT NULL;
CREATE INDEX delivery_lead ON delivery (lead);
CREATE INDEX delivery_next ON delivery (channel, next_at) WHERE next_at IS NOT NULL;
CREATE INDEX delivery_released ON delivery (recipient, released_at) WHERE released_at IS NOT NULL;

CREATE TABLE job (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    lead INTEGER,
    body TEXT NOT NULL,
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    done_at INTEGER
) STRICT;
CREATE INDEX job_due ON job (not_before) WHERE done_at IS NULL;
CREATE INDEX job_lead ON job (lead) WHERE lead IS NOT NULL;

-- The CRMs behind the hub (src/hub/bridge): how far each was read, and which hub asks it for now.
CREATE TABLE bridge (
    source TEXT NOT NULL PRIMARY KEY,
    cursor TEXT,
    asked_at INTEGER, -- when it was last asked for all that changed; nothing while there is more
    answered_at INTEGER, -- when it last answered well
    reconciled_at INTEGER, -- when it was last asked what became of the open ones
    reconciled_to TEXT, -- the last one that it was asked about since, where not all were
    failed TEXT, -- why it cannot be had since
    waits_until INTEGER, -- until when it asked us to wait
    waits_since INTEGER, -- when it asked for that
    settings TEXT, -- a mark of the settings with which it was asked last, by which others are known
    details_from INTEGER, -- until then it has no time for the whole of records
    untaken_beyond INTEGER NOT NULL DEFAULT 0, -- how often one could not be taken in that there was no room for below
    held_by TEXT NOT NULL,
    held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- A record of a CRM's that a lead stands for: the lead has its name, or is united with one that has.
CREATE TABLE bridged (
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    known TEXT NOT NULL, -- stage and owner as told last, and as we wrote them
    gone TEXT, -- why it is no longer there for us
    look_at INTEGER, -- when the whole of it is to be fetched
    since INTEGER NOT NULL,
    PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bridged_look ON bridged (source, look_at) WHERE look_at IS NOT NULL;

-- The keys of what was written to CRMs that no entry of the log has. By these, too, our own word is known when it comes back,
-- however late: they are kept for as long as leads are.
CREATE TABLE bridge_key (
    key BLOB NOT NULL PRIMARY KEY CHECK (length(key) = 16)
) STRICT, WITHOUT ROWID;

-- Records of a CRM's that could not be taken in, until they are.
CREATE TABLE bridge_untaken (
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    why TEXT NOT NULL,
    is_whole INTEGER NOT NULL DEFAULT 0 CHECK (is_whole IN (0, 1)), -- a page, which tells a part of it, does not say that it is in
    since INTEGER NOT NULL,
    tried_at INTEGER NOT NULL,
    tries INTEGER NOT NULL,
    look_at INTEGER NOT NULL, -- when it is fetched and tried again
    PRIMARY KEY (source, external_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX bridge_untaken_look ON bridge_untaken (source, look_at);

-- What a CRM must hear of, in the order of each record.
CREATE TABLE bridge_write (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    lead INTEGER NOT NULL,
    key BLOB NOT NULL CHECK (length(key) = 16), -- by which it is there once
    what TEXT NOT NULL, -- the code of the event
    event TEXT NOT NULL,
    base TEXT NOT NULL, -- the record when that happened
    steps TEXT, -- how it is written, kept before any of it is
    done INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'kept', 'parked', 'dropped')),
    not_before INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    tried_at INTEGER, -- when the step that is next was begun last
    why TEXT,
    at INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX bridge_write_key ON bridge_write (key);
CREATE INDEX bridge_write_due ON bridge_write (source, not_before) WHERE state = 'waiting';
CREATE INDEX bridge_write_lane ON bridge_write (source, external_id, id) WHERE state IN ('waiting', 'parked');
CREATE INDEX bridge_write_lead ON bridge_write (lead);
CREATE INDEX bridge_write_parked ON bridge_write (source, lead) WHERE state = 'parked';
