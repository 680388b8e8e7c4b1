-- The rep's file, version 1. Times are whole milliseconds since 1970, UTC. Codes are the domain's words.

-- Where leads come from, and whether what is done with them can be written back there.
CREATE TABLE source (
    name TEXT NOT NULL PRIMARY KEY,
    takes_writes INTEGER NOT NULL CHECK (takes_writes IN (0, 1)),
    cursor TEXT -- what the source wants to hear at the next pull
) STRICT, WITHOUT ROWID;

-- One line of a list: narrow, so that walking it is quick. Numbers are never used again, hence AUTOINCREMENT.
CREATE TABLE lead (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    source TEXT NOT NULL,
    external_id TEXT NOT NULL,
    -- From the record.
    name TEXT NOT NULL,
    title TEXT,
    company TEXT,
    place TEXT,
    why TEXT,
    trigger_kind TEXT,
    origin TEXT,
    category TEXT,
    score INTEGER,
    fit INTEGER,
    intent INTEGER,
    behavior INTEGER,
    owner TEXT,
    asked TEXT,
    -- From the handoff.
    stage TEXT NOT NULL,
    touches INTEGER NOT NULL,
    closed_at INTEGER,
    acted INTEGER NOT NULL CHECK (acted IN (0, 1)), -- somebody did something with it here
    -- Where it stands; `tab` counts the tabs from the left, 0 being the view "due".
    tab INTEGER NOT NULL CHECK (tab BETWEEN 1 AND 5),
    is_due INTEGER NOT NULL CHECK (is_due IN (0, 1)),
    turn INTEGER,
    clock TEXT,
    due INTEGER,
    mode TEXT,
    frozen INTEGER,
    returns_at INTEGER,
    stood_since INTEGER, -- it stands so since then, by time alone
    wake_at INTEGER, -- and until then
    -- The order of every list: all ascending.
    sort INTEGER NOT NULL,
    rank INTEGER NOT NULL
) STRICT;

CREATE UNIQUE INDEX lead_key ON lead (external_id, source);
CREATE INDEX lead_tab ON lead (tab, sort, rank, id);
CREATE INDEX lead_due ON lead (sort, rank, id) WHERE is_due = 1;
CREATE INDEX lead_turn ON lead (turn, sort, rank, id, tab, is_due) WHERE turn IS NOT NULL;
CREATE INDEX lead_closed ON lead (closed_at) WHERE acted = 1 AND closed_at IS NOT NULL;
CREATE INDEX lead_wake ON lead (wake_at) WHERE wake_at IS NOT NULL;

-- The whole record. A lead that nobody acted on stands as its record says: `arrived` and `handoff` are filled with
-- the first event, from which on no import changes them. Where only `arrived` is filled, nothing was done here since a hub
-- said so.
CREATE TABLE lead_record (
    lead INTEGER PRIMARY KEY REFERENCES lead (id) ON DELETE CASCADE,
    hash INTEGER NOT NULL, -- of the record and the trail that came with it
    received_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    words TEXT NOT NULL, -- by which it is found
    record TEXT NOT NULL,
    arrived TEXT,
    handoff TEXT,
    -- Of a lead of a hub's: its version there. `arrived` is where it stands by that, and `record` is the hub's own, in
    -- which the key, the owner and the stage are those of the hub: here they are the row's and `arrived`'s.
    version INTEGER,
    -- Of a lead of a CRM's: the stage that we wrote there last, in its word, by which our own change is known when it comes back.
    wrote TEXT,
    wrote_before TEXT, -- and the one before that, which may be what comes back for a while
    wrote_at INTEGER,
    detailed_at INTEGER, -- when its whole trail was fetched
    CHECK (handoff IS NULL OR arrived IS NOT NULL)
) STRICT;

-- Those that were taken away.
CREATE INDEX lead_left ON lead_record (lead) WHERE version = 0;

-- What happened to a hub's lead there, as the hub told it. Apart from the record, of which more fit into a page so.
CREATE TABLE history (
    lead INTEGER PRIMARY KEY REFERENCES lead (id) ON DELETE CASCADE,
    steps TEXT NOT NULL
) STRICT;

CREATE TABLE activity (
    lead INTEGER NOT NULL REFERENCES lead (id) ON DELETE CASCADE,
    external_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    direction INTEGER NOT NULL,
    at INTEGER,
    actor TEXT,
    outcome TEXT,
    text TEXT NOT NULL,
    url TEXT,
    PRIMARY KEY (lead, external_id)
) STRICT, WITHOUT ROWID;

-- What happened to the handoffs: only ever appended to.
CREATE TABLE event (
    lead INTEGER NOT NULL REFERENCES lead (id),
    seq INTEGER NOT NULL CHECK (seq > 0),
    id BLOB NOT NULL UNIQUE,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    closes TEXT, -- the clocks that it closed, and how they ended
    PRIMARY KEY (lead, seq)
) STRICT, WITHOUT ROWID;

-- Dispositions on their way to where the lead came from, in the order in which they were made.
CREATE TABLE outbox (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    op BLOB NOT NULL UNIQUE,
    lead INTEGER NOT NULL REFERENCES lead (id),
    payload TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('held', 'waiting', 'sent', 'parked', 'kept', 'cancelled', 'local')),
    not_before INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    last_error TEXT,
    was_read INTEGER NOT NULL DEFAULT 0 CHECK (was_read IN (0, 1)), -- that it was kept as a fact only, a person has read
    base TEXT, -- for a CRM: what the record was when it was done
    -- How its source writes it, as that was decided when it was sent first, and how many of the steps took hold.
    steps TEXT,
    done INTEGER NOT NULL DEFAULT 0,
    sets TEXT, -- the stage that they set there, if they do
    sets_by INTEGER, -- and the number of the step that does
    tried_at INTEGER -- when the one that is next was begun last, if it was
) STRICT;

CREATE INDEX outbox_lead ON outbox (lead, n);
CREATE INDEX outbox_open ON outbox (not_before) WHERE state IN ('held', 'waiting');
CREATE INDEX outbox_parked ON outbox (n) WHERE state = 'parked';
CREATE INDEX outbox_sent ON outbox (made_at) WHERE state = 'sent';

-- The gate: the leads that were opened and owe a disposition, the one in front last.
CREATE TABLE engagement (
    position INTEGER PRIMARY KEY,
    lead INTEGER NOT NULL UNIQUE REFERENCES lead (id),
    since INTEGER NOT NULL
) STRICT;

-- The leads that owed a disposition when their source settled them: if it takes that back, they owe it again.
CREATE TABLE withdrawn (
    lead INTEGER PRIMARY KEY REFERENCES lead (id)
) STRICT;

CREATE TABLE desk (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    day TEXT,
    skips INTEGER NOT NULL,
    skip_limit INTEGER, -- the smallest of the day
    loose INTEGER NOT NULL CHECK (loose IN (0, 1)) -- the one in front was opened under a relaxed gate
) STRICT;

INSERT INTO desk (one, day, skips, loose) VALUES (1, NULL, 0, 0);

-- The acts that can still be undone, and the newest that cannot.
CREATE TABLE last_act (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    lead INTEGER NOT NULL REFERENCES lead (id),
    first_seq INTEGER NOT NULL,
    at INTEGER NOT NULL,
    was_engaged INTEGER NOT NULL CHECK (was_engaged IN (0, 1)),
    was_skip INTEGER NOT NULL CHECK (was_skip IN (0, 1))
) STRICT;

-- Counts that are kept rather than counted: 0 to 5 the tabs, 6 to send, 7 in need of a person.
CREATE TABLE tally (
    what INTEGER PRIMARY KEY,
    n INTEGER NOT NULL CHECK (n >= 0)
) STRICT;

INSERT INTO tally (what, n) VALUES (0, 0), (1, 0), (2, 0), (3, 0), (4, 0), (5, 0), (6, 0), (7, 0);

-- Anything else worth remembering, such as the policy by which the leads were stood.
CREATE TABLE meta (
    name TEXT NOT NULL PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- The calendars that the clocks ran on, each from when on: an edit never changes what was consumed before it.
CREATE TABLE calendar (
    n INTEGER PRIMARY KEY AUTOINCREMENT,
    since INTEGER NOT NULL,
    version TEXT NOT NULL,
    name TEXT NOT NULL,
    spec TEXT NOT NULL
) STRICT;

-- What the rep is to decide, as the hub told it, by its numbers there. `seen` is what the hub has yet to hear of.
CREATE TABLE alert (
    source TEXT NOT NULL,
    id INTEGER NOT NULL,
    external_id TEXT NOT NULL, -- of the lead
    body TEXT NOT NULL,
    until INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('new', 'seen', 'settled')),
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_until ON alert (until);

-- Full text. It keeps no copy of the words: they stand in `lead_record`, folded, so that splitting them at blanks is
-- all that is left to do.
CREATE VIRTUAL TABLE lead_words USING fts5 (
    words,
    content = '',
    columnsize = 0,
    prefix = '1 2',
    detail = none,
    tokenize = 'ascii'
);
